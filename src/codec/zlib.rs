use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::error::DecodeError;

/// A compressor and a decompressor, created when they are first needed and reused for the next token: each has large
/// tables, and creating them takes longer than processing a token.
#[derive(Default)]
pub(super) struct Zlib {
    deflate: Option<Compress>,
    inflate: Option<Decompress>,
}

impl Zlib {
    /// Compresses `data` of `fewest` to `most` bytes into `out`. Returns whether that is shorter by at least two bytes,
    /// as Django requires.
    pub(super) fn compress(&mut self, data: &[u8], fewest: Option<usize>, most: usize, out: &mut Vec<u8>) -> bool {
        if fewest.is_none_or(|fewest| data.len() < fewest) || data.len() > most {
            return false;
        }
        let deflate = self.deflate.get_or_insert_with(|| Compress::new(Compression::default(), true));
        deflate.reset();
        // The output has room only for a result that is short enough, so the compression finishes only then.
        out.clear();
        out.resize(data.len().saturating_sub(2), 0);
        let finished = matches!(deflate.compress(data, out, FlushCompress::Finish), Ok(Status::StreamEnd));
        out.truncate(usize::try_from(deflate.total_out()).unwrap_or(0));
        finished
    }

    /// Inflates `data`, which must be exactly one complete zlib stream, into `out`, which never has more than
    /// `limit + 1` bytes.
    pub(super) fn decompress(&mut self, data: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<(), DecodeError> {
        let inflate = self.inflate.get_or_insert_with(|| Decompress::new(true));
        inflate.reset(true);
        out.clear();
        let most = limit.saturating_add(1);
        let mut room = data.len().saturating_mul(4).max(64);
        loop {
            room = room.min(most);
            out.reserve_exact(room.saturating_sub(out.len()));
            out.resize(room, 0);
            let (read, written) = progress(inflate);
            let (rest, free) = (data.get(read..).unwrap_or_default(), out.get_mut(written..).unwrap_or_default());
            let status = inflate.decompress(rest, free, FlushDecompress::None);
            let (read, written) = progress(inflate);
            match status {
                _ if written > limit => return Err(DecodeError::InflatesPast { limit }),
                Ok(Status::StreamEnd) if read == data.len() => {
                    out.truncate(written);
                    return Ok(());
                }
                Ok(Status::Ok | Status::BufError) if written == room => room = room.saturating_mul(2),
                // Damaged, truncated, or followed by other data.
                _ => return Err(DecodeError::Zlib),
            }
        }
    }
}

/// Returns the bytes read and the bytes written so far. Both are in memory, so the numbers fit in a `usize`.
fn progress(inflate: &Decompress) -> (usize, usize) {
    let size = |total| usize::try_from(total).unwrap_or(usize::MAX);
    (size(inflate.total_in()), size(inflate.total_out()))
}
