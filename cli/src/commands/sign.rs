//! `sign`: signs a JSON object or a text.

use clap::ArgMatches;
use django_session::{Algorithm, CachedSessions, Codec, Compression};
use serde_json::value::RawValue;

use crate::commands::file;
use crate::content::Format;
use crate::exit::{Failure, Output};
use crate::input;
use crate::keys::{self, Keys};
use crate::kind::Kind;
use crate::settings;
use crate::write::{self, Target, failure};

pub(crate) fn run(options: &ArgMatches) -> Result<Output, Failure> {
    let mut warnings = Vec::new();
    let keys = keys::read(options, &mut warnings)?;
    let kind = settings::kind(options)?.unwrap_or(Kind::Session { salt: None });
    if settings::flag(options, "compress") && matches!(kind, Kind::Cookie { .. } | Kind::Legacy | Kind::Cached) {
        return Err(Failure::usage(format!(
            "--compress is not for --kind {}, which Django never compresses",
            kind.word()
        )));
    }
    if kind != Kind::Cached {
        keys.must_sign()?;
        warnings.extend(keys.line_break(0));
    }
    let out = match &kind {
        kind if kind.is_session() => session(options, kind, &keys)?,
        kind => object(options, kind, &keys)?,
    };
    Ok(Output { out, warnings, code: 0 })
}

fn session(options: &ArgMatches, kind: &Kind, keys: &Keys) -> Result<Vec<u8>, Failure> {
    let cookie = settings::cookie(options)?;
    let json = input::utf8(file(options))?;
    // This decoder of the library accepts the JSON of a dict without a signature.
    let session = CachedSessions::new(cookie.clone()).decode(json.trim().as_bytes());
    let session = session.map_err(|error| Failure::rejected(format!("input is not a session: {error}")))?;
    let clock = settings::clock(options)?;
    let format = if *kind == Kind::Cached { Format::Pickle } else { Format::Json };
    let target = Target { kind, keys, cookie: &cookie, clock: &clock, dated: true, encrypted: false, format };
    write::session(&session, &target)
}

fn object(options: &ArgMatches, kind: &Kind, keys: &Keys) -> Result<Vec<u8>, Failure> {
    let ring = keys.ring(kind.prefix())?;
    let text = input::utf8(file(options))?;
    let signer = kind.signer(&ring, Algorithm::Sha256, &settings::clock(options)?);
    let signer = signer.ok_or_else(|| Failure::usage("this kind is not signed"))?;
    let token = if matches!(kind, Kind::Cookie { .. }) {
        signer.sign(text.trim_end_matches(['\r', '\n']))
    } else {
        let value: &RawValue = serde_json::from_str(text.trim())
            .map_err(|error| Failure::rejected(format!("input is not JSON: line {}", error.line())))?;
        let compress = settings::flag(options, "compress") || *kind == Kind::Messages;
        let compression = if compress { Compression::IfSmaller } else { Compression::Never };
        let codec = Codec::default().with_compression(compression);
        signer.sign_object(value, &codec).map_err(|error| failure(&error))?
    };
    Ok(format!("{token}\n").into_bytes())
}
