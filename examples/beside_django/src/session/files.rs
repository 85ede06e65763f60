//! The files of the `file` engine: one per session, named `sessionid` followed by the session key.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use axum::BoxError;
use django_session::{SessionKey, StoredRow};
use tokio::fs;
use tokio::io::AsyncWriteExt as _;

use crate::session::engine::Storage;

pub struct Files {
    /// Django's `SESSION_FILE_PATH`.
    pub folder: PathBuf,
}

impl Files {
    /// Returns the text of the file and the time of its last change.
    pub async fn read(&self, key: Option<&SessionKey>) -> io::Result<Option<(String, SystemTime)>> {
        let Some(key) = key else { return Ok(None) };
        let path = self.path(key.as_str());
        match fs::read_to_string(&path).await {
            // Django creates an empty file before it writes the session.
            Ok(text) if text.is_empty() => Ok(None),
            Ok(text) => Ok(Some((text, fs::metadata(path).await?.modified()?))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the path of a session's file. A session key has no dots and no slashes, so the file is in the folder.
    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("sessionid{key}"))
    }
}

impl Storage for Files {
    async fn insert(&self, row: &StoredRow) -> Result<(), BoxError> {
        Ok(create(&self.path(row.key.as_str()), &row.data).await?)
    }

    /// As in Django, this may restore a file that another request deletes at the same time.
    async fn update(&self, row: &StoredRow) -> Result<bool, BoxError> {
        static WRITTEN: AtomicU64 = AtomicU64::new(0);
        let path = self.path(row.key.as_str());
        if !fs::try_exists(&path).await? {
            return Ok(false);
        }
        // Write a new file and rename it: a reader sees the old text or the new one, never a part.
        let (process, number) = (process::id(), WRITTEN.fetch_add(1, Ordering::Relaxed));
        let new = path.with_extension(format!("{process}-{number}"));
        create(&new, &row.data).await?;
        fs::rename(new, path).await?;
        Ok(true)
    }

    async fn delete(&self, key: &SessionKey) -> Result<bool, BoxError> {
        match fs::remove_file(self.path(key.as_str())).await {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

async fn create(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(path).await?;
    file.write_all(text.as_bytes()).await?;
    file.flush().await
}
