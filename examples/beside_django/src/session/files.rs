//! The files of the `file` engine: one for each session, named `sessionid` and the session key.

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
    /// The text, and when it was written.
    pub async fn read(&self, key: Option<&SessionKey>) -> io::Result<Option<(String, SystemTime)>> {
        let Some(key) = key else { return Ok(None) };
        let path = self.path(key.as_str());
        match fs::read_to_string(&path).await {
            // Django makes an empty file first.
            Ok(text) if text.is_empty() => Ok(None),
            Ok(text) => Ok(Some((text, fs::metadata(path).await?.modified()?))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Neither dots nor slashes are in a session key, so this is a file of the folder.
    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("sessionid{key}"))
    }
}

impl Storage for Files {
    async fn insert(&self, row: &StoredRow) -> Result<(), BoxError> {
        Ok(create(&self.path(row.key.as_str()), &row.data).await?)
    }

    /// Like Django's, this may bring back a file that is deleted at the same moment.
    async fn update(&self, row: &StoredRow) -> Result<bool, BoxError> {
        static WRITTEN: AtomicU64 = AtomicU64::new(0);
        let path = self.path(row.key.as_str());
        if !fs::try_exists(&path).await? {
            return Ok(false);
        }
        // A reader sees the old text or the new one, never half of it.
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
