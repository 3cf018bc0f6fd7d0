//! The file that is open, told from another at the same path.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

/// The file that is open, told from another at the same path.
#[derive(Debug)]
pub(super) struct OpenFile {
    path: PathBuf,
    identity: Identity,
}

/// What a file keeps for as long as it exists, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl OpenFile {
    /// Remembers the file at `path`, which must be open: the number of an open file is not
    /// given to another one.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), identity: Identity::of(path)? })
    }

    /// Fails when there is no file at the path or another one.
    pub(super) fn is_in_place(&self) -> io::Result<()> {
        if Identity::of(&self.path)? == self.identity {
            return Ok(());
        }
        Err(io::Error::other(format!("{} is not the file that is open", self.path.display())))
    }
}

impl Identity {
    fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        Ok(Self { device: metadata.dev(), inode: metadata.ino() })
    }
}

#[cfg(test)]
mod tests {
    use super::{OpenFile, fs, io};

    #[test]
    fn a_file_is_in_place_until_it_is_deleted_or_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let _open = fs::File::create(&path).unwrap();
        let file = OpenFile::at(&path).unwrap();
        fs::write(&path, "more").unwrap();
        assert!(file.is_in_place().is_ok());

        fs::remove_file(&path).unwrap();
        assert_eq!(file.is_in_place().unwrap_err().kind(), io::ErrorKind::NotFound);

        fs::write(&path, "more").unwrap();
        let told = file.is_in_place().unwrap_err().to_string();
        assert_eq!(told, format!("{} is not the file that is open", path.display()));
    }
}
