use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use tar::{Archive, EntryType};

/// Copies the one file in the archive `from` to `to`.
///
/// Only its bytes are taken: a name or a right in the archive comes from the container and
/// decides nothing here.
///
/// # Errors
///
/// When the archive cannot be read, or holds something other than a file first.
pub(super) fn unpack(from: impl Read, to: &Path) -> anyhow::Result<()> {
    let make = || File::create_new(to).with_context(|| format!("cannot make {}", to.display()));
    copy(from, make).map(drop)
}

/// The one file in the archive `from`, as text.
///
/// # Errors
///
/// When the archive cannot be read, or holds something other than a text first.
pub(super) fn text(from: impl Read) -> anyhow::Result<String> {
    String::from_utf8(copy(from, || Ok(Vec::new()))?).context("it is no text")
}

/// Copies the one file in the archive `from` to what `make` makes, which is made for a file alone.
fn copy<W: Write>(from: impl Read, make: impl FnOnce() -> anyhow::Result<W>) -> anyhow::Result<W> {
    let mut archive = Archive::new(from);
    let entry = archive.entries().and_then(|mut entries| entries.next().transpose());
    let Some(mut entry) = entry.context("the archive cannot be read")? else {
        bail!("the archive is empty");
    };
    let kind = entry.header().entry_type();
    if !matches!(kind, EntryType::Regular | EntryType::GNUSparse) {
        bail!("the archive holds {kind:?}, expected a file");
    }
    let mut file = make()?;
    let size = entry.size();
    let copied = io::copy(&mut entry, &mut file).context("it cannot be copied")?;
    // An archive that ends too early reads like a shorter file.
    ensure!(copied == size, "the archive is cut short: {copied} of {size} bytes");
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tar::{Builder, Header};

    use super::*;

    fn archive(name: &str, kind: EntryType, content: &[u8]) -> Vec<u8> {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o400);
        let mut builder = Builder::new(Vec::new());
        builder.append_data(&mut header, name, content).unwrap();
        builder.into_inner().unwrap()
    }

    #[test]
    fn the_bytes_of_the_file_arrive_under_the_name_that_was_asked_for() {
        let directory = tempfile::tempdir().unwrap();
        let to = directory.path().join("order.db");
        let content: Vec<u8> = (0..5_000_u16).map(|n| n.to_le_bytes()[0]).collect();
        unpack(&archive("other.db", EntryType::Regular, &content)[..], &to).unwrap();
        assert_eq!(fs::read(&to).unwrap(), content);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_small_file_is_read_as_text() {
        let read = |content: &[u8]| text(&archive("token", EntryType::Regular, content)[..]);
        assert_eq!(read(b"secret\n").unwrap(), "secret\n");
        assert!(read(&[0xff]).is_err());
    }

    #[test]
    fn what_is_no_file_and_what_is_cut_short_are_errors() {
        let directory = tempfile::tempdir().unwrap();
        let to = directory.path().join("order.db");
        let error = unpack(&archive("data/", EntryType::Directory, &[])[..], &to).unwrap_err();
        assert!(error.to_string().contains("expected a file"), "{error}");
        assert!(unpack(&[][..], &to).unwrap_err().to_string().contains("empty"));
        assert!(!to.exists());
        let cut = archive("a", EntryType::Regular, &[7; 4_000]);
        assert!(unpack(&cut[..1_000], &to).is_err());
    }
}
