use std::{
    fmt, fs,
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::task::spawn_blocking;

use super::{
    set::{FlagError, FlagSet},
    source::FlagSource,
};

/// The longest file, in bytes.
const LONGEST: u64 = 64 * 1_024;

/// Flags from a file, which is read anew each time: an edit counts from the next time on.
///
/// A file of more than 64 KiB is refused. A file that is not there is a mistake, and so is one that
/// was cut short; then what it said before holds. Write it in one step, by a rename. It is read on one
/// of Tokio's threads for what blocks, so it panics outside of a runtime.
///
/// # Examples
///
/// TOML, with the `toml` crate:
///
/// ```
/// use resilience::flags::FileFlags;
///
/// let source = FileFlags::new("faults.toml", |text| toml::from_str(text).map_err(|e| e.to_string()));
/// ```
pub struct FileFlags {
    path: PathBuf,
    name: String,
    parse: Arc<Parse>,
}

type Parse = dyn Fn(&str) -> Result<FlagSet, String> + Send + Sync;

impl FileFlags {
    /// Reads the file at `path`, and gives its text to `parse`.
    #[must_use]
    pub fn new(
        path: impl Into<PathBuf>,
        parse: impl Fn(&str) -> Result<FlagSet, String> + Send + Sync + 'static,
    ) -> Self {
        let path = path.into();
        Self { name: format!("file {}", path.display()), path, parse: Arc::new(parse) }
    }

    /// Reads the file at `path`, which holds a JSON object of flags.
    #[must_use]
    pub fn json(path: impl Into<PathBuf>) -> Self {
        Self::new(path, |text| FlagSet::from_json(text).map_err(|error| error.to_string()))
    }
}

fn read(path: &Path, parse: &Parse) -> Result<FlagSet, FlagError> {
    let unreadable = |error| FlagError::new(format!("it cannot be read: {error}"));
    // Whoever opens a pipe waits for its other end.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(FlagError::new("it is no file"));
    }
    let file = fs::File::open(path).map_err(unreadable)?;
    let mut text = String::new();
    file.take(LONGEST + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > LONGEST {
        return Err(FlagError::new(format!("it has more than {LONGEST} bytes")));
    }
    parse(&text).map_err(|mistake| FlagError::new(mistake.trim_end()))
}

impl FlagSource for FileFlags {
    fn name(&self) -> &str {
        &self.name
    }

    async fn flags(&mut self) -> Result<FlagSet, FlagError> {
        let (path, parse) = (self.path.clone(), Arc::clone(&self.parse));
        let reading = spawn_blocking(move || read(&path, &*parse)).await;
        reading.unwrap_or_else(|_| Err(FlagError::new("who reads it has panicked")))
    }
}

impl fmt::Debug for FileFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileFlags").field("path", &self.path).finish_non_exhaustive()
    }
}
