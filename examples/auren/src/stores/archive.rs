//! Items as compressed files in a folder, for the cold tier.
//!
//! A file is gzip; what is in it is the SHA-256 of the rest in hexadecimal, a line feed, and the item
//! as JSON: `zcat` shows it. A file is written under another name and renamed, so it is there as a
//! whole or not at all. One that is not what was written is set aside under the name `….corrupt`.

use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use sha2::{Digest, Sha256};

use super::epoch::Epochs;
use crate::memory::{Entry, Held, Item, Store, StoreError};

/// No item is larger, packed or not: what expands beyond is not read.
const LARGEST: u64 = 16 << 20;

/// An archive in a folder.
#[derive(Debug)]
pub struct Archive {
    folder: Epochs<Folder>,
}

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    is_kept: bool,
    /// By the names of the files. Only this process writes here, so that each is read once.
    index: HashMap<OsString, Indexed>,
}

#[derive(Debug)]
struct Indexed {
    entry: Entry,
    length: u64,
}

impl Archive {
    /// Opens or makes the folder; blocks. What is not to be kept waits for no disk.
    ///
    /// # Errors
    ///
    /// Where the folder cannot be made.
    pub fn open(path: &Path, is_kept: bool) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        Ok(Self {
            folder: Epochs::new(Folder {
                path: path.to_owned(),
                is_kept,
                index: HashMap::new(),
            }),
        })
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn name(path: &Path) -> OsString {
    path.file_name().unwrap_or_default().to_owned()
}

fn pack(item: &Item) -> io::Result<Vec<u8>> {
    let json = serde_json::to_vec(item)?;
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(hexadecimal(&Sha256::digest(&json)).as_bytes())?;
    packed.write_all(b"\n")?;
    packed.write_all(&json)?;
    packed.finish()
}

/// Nothing where it is not what was packed.
fn unpack(packed: &[u8]) -> Option<Item> {
    let mut content = Vec::new();
    let mut rest = GzDecoder::new(packed).take(LARGEST);
    rest.read_to_end(&mut content).ok()?;
    let end = content.iter().position(|byte| *byte == b'\n')?;
    let (sum, json) = (&content[..end], &content[end + 1..]);
    let is_whole = hexadecimal(&Sha256::digest(json)).as_bytes() == sum;
    is_whole
        .then(|| serde_json::from_slice(json).ok())
        .flatten()
}

impl Folder {
    /// Keys are any text, names of files are not.
    fn file(&self, key: &str) -> PathBuf {
        let name = hexadecimal(&Sha256::digest(key));
        self.path.join(format!("{name}.gz"))
    }

    /// Has the folder itself on the disk, with the names in it.
    fn sync(&self) -> io::Result<()> {
        if self.is_kept {
            File::open(&self.path)?.sync_all()?;
        }
        Ok(())
    }

    fn read(&self, path: &Path) -> Result<Option<Item>, StoreError> {
        let packed = match fs::read(path) {
            Ok(packed) => packed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::unavailable(error)),
        };
        match unpack(&packed) {
            Some(item) if self.file(&item.entry.key) == path => Ok(Some(item)),
            _ => {
                let aside = path.with_extension("corrupt");
                fs::rename(path, aside).map_err(StoreError::unavailable)?;
                Err(StoreError::Corrupt("a file of the archive".to_owned()))
            }
        }
    }

    fn list(&mut self) -> Result<Vec<Entry>, StoreError> {
        let mut index = HashMap::new();
        for file in fs::read_dir(&self.path).map_err(StoreError::unavailable)? {
            let file = file.map_err(StoreError::unavailable)?;
            let (path, name) = (file.path(), file.file_name());
            match path.extension().and_then(OsStr::to_str) {
                // One that was not written to its end.
                Some("part") => fs::remove_file(&path).map_err(StoreError::unavailable)?,
                Some("gz") => {
                    let length = file.metadata().map_err(StoreError::unavailable)?.len();
                    let known = self.index.remove(&name);
                    match known.filter(|known| known.length == length) {
                        Some(known) => {
                            index.insert(name, known);
                        }
                        None => {
                            if let Some(entry) = self.first_read(&path)? {
                                index.insert(name, Indexed { entry, length });
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        self.index = index;
        let entries = self.index.values();
        Ok(entries.map(|indexed| indexed.entry.clone()).collect())
    }

    fn first_read(&self, path: &Path) -> Result<Option<Entry>, StoreError> {
        match self.read(path) {
            Ok(item) => Ok(item.map(|item| item.entry)),
            Err(StoreError::Corrupt(_)) => {
                let path = path.display();
                eprintln!("auren: {path} is not what was written; it is set aside");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn put(&mut self, item: &Item) -> io::Result<()> {
        let path = self.file(&item.entry.key);
        let part = path.with_extension("part");
        let packed = pack(item)?;
        let mut file = File::create(&part)?;
        file.write_all(&packed)?;
        if self.is_kept {
            file.sync_all()?;
        }
        drop(file);
        fs::rename(&part, &path)?;
        self.sync()?;
        let indexed = Indexed {
            entry: item.entry.clone(),
            length: packed.len() as u64,
        };
        self.index.insert(name(&path), indexed);
        Ok(())
    }

    fn remove(&mut self, key: &str) -> io::Result<()> {
        let path = self.file(key);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => self.index.remove(&name(&path)),
        };
        self.sync()
    }

    fn search(&self, text: &str, limit: usize) -> Result<Vec<Item>, StoreError> {
        let keys = self
            .index
            .values()
            .map(|indexed| indexed.entry.key.as_str());
        let mut keys: Vec<_> = keys.filter(|key| key.contains(text)).collect();
        keys.sort_unstable();
        let items = keys
            .into_iter()
            .take(limit)
            .map(|key| self.read(&self.file(key)));
        items.filter_map(Result::transpose).collect()
    }

    /// The files are counted, not the index.
    fn held(&self) -> io::Result<Held> {
        let mut items = 0;
        for file in fs::read_dir(&self.path)? {
            items += u64::from(file?.path().extension() == Some(OsStr::new("gz")));
        }
        let entries = || self.index.values().map(|indexed| &indexed.entry);
        Ok(Held {
            items,
            bytes: entries().map(|entry| entry.bytes).sum(),
            oldest: entries().map(|entry| entry.created).min(),
        })
    }
}

#[async_trait]
impl Store for Archive {
    fn name(&self) -> &'static str {
        "gzip files"
    }

    async fn take_over(&self) -> Result<Vec<Entry>, StoreError> {
        self.folder.begin(Folder::list).await
    }

    async fn put(&self, item: &Item) -> Result<(), StoreError> {
        let item = item.clone();
        let put = move |folder: &mut Folder| folder.put(&item).map_err(StoreError::unavailable);
        self.folder.work(put).await
    }

    async fn get(&self, key: &str) -> Result<Option<Item>, StoreError> {
        let key = key.to_owned();
        let get = move |folder: &mut Folder| folder.read(&folder.file(&key));
        self.folder.work(get).await
    }

    async fn remove(&self, key: &str) -> Result<(), StoreError> {
        let key = key.to_owned();
        let remove =
            move |folder: &mut Folder| folder.remove(&key).map_err(StoreError::unavailable);
        self.folder.work(remove).await
    }

    async fn search(&self, text: &str, limit: usize) -> Result<Vec<Item>, StoreError> {
        let text = text.to_owned();
        let search = move |folder: &mut Folder| folder.search(&text, limit);
        self.folder.work(search).await
    }

    async fn held(&self) -> Result<Held, StoreError> {
        let held = |folder: &mut Folder| folder.held().map_err(StoreError::unavailable);
        self.folder.work(held).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let ping = |folder: &mut Folder| match fs::metadata(&folder.path) {
            Ok(_) => Ok(()),
            Err(error) => Err(StoreError::unavailable(error)),
        };
        self.folder.work(ping).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(key: &str) -> Item {
        Item {
            entry: Entry {
                key: key.to_owned(),
                version: 7,
                bytes: 12,
                created: 1,
                used: 2,
                uses: 0.1,
            },
            value: "{\"a\":[1,2]}".to_owned(),
        }
    }

    #[test]
    fn what_was_packed_is_unpacked_and_nothing_else() {
        let packed = pack(&item("a")).unwrap();
        assert_eq!(unpack(&packed), Some(item("a")));
        for index in 0..packed.len() {
            let mut broken = packed.clone();
            broken[index] ^= 1;
            assert!(
                unpack(&broken).is_none_or(|read| read == item("a")),
                "byte {index}"
            );
            assert_eq!(unpack(&packed[..index]), None, "cut at {index}");
        }
    }

    #[tokio::test]
    async fn a_broken_file_is_set_aside_and_half_of_one_removed() {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::open(folder.path(), true).unwrap();
        for key in ["../a", "b"] {
            archive.put(&item(key)).await.unwrap();
        }
        let file = folder
            .path()
            .join(format!("{}.gz", hexadecimal(&Sha256::digest("b"))));
        fs::write(&file, b"garbage").unwrap();
        fs::write(folder.path().join("c.part"), b"half").unwrap();
        assert!(matches!(
            archive.get("b").await,
            Err(StoreError::Corrupt(_))
        ));
        assert_eq!(archive.take_over().await.unwrap(), [item("../a").entry]);
        assert_eq!(archive.get("../a").await.unwrap(), Some(item("../a")));
        assert_eq!(archive.held().await.unwrap().items, 1);
        assert!(file.with_extension("corrupt").exists());
        assert!(!folder.path().join("c.part").exists());
    }
}
