//! The uploading stage: a local folder that stands for a bucket.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use crc32fast::Hasher;
use tempfile::NamedTempFile;
use vitalsigns::{Registry, instrument_metrics};

use crate::{
    blocking::{self, Stop},
    failure::{ErrorKind, JobError},
    render::Clip,
};

/// A folder of finished videos, each named by its job.
#[derive(Debug)]
pub struct Bucket {
    folder: PathBuf,
    registry: Registry,
}

/// A copy that is complete and verified, but not yet visible; dropping it removes it.
#[derive(Debug)]
pub struct Upload {
    file: NamedTempFile,
    bytes: u64,
    checksum: u32,
}

/// A video in the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Where it is.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Its CRC-32.
    pub checksum: u32,
}

impl Bucket {
    /// Opens the bucket and removes the videos of an earlier run, whose jobs nobody knows any more.
    pub fn open(folder: PathBuf, registry: &Registry) -> io::Result<Arc<Self>> {
        fs::create_dir_all(&folder)?;
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if is_ours(&path) {
                fs::remove_file(path)?;
            }
        }
        let registry = registry.clone();
        Ok(Arc::new(Self { folder, registry }))
    }

    /// Copies a video of a clip next to the others and checks the copy against the original.
    #[instrument_metrics(registry = self.registry, error = |error: &JobError| error.kind)]
    pub async fn upload(self: &Arc<Self>, clip: &Clip, video: &Path) -> Result<Upload, JobError> {
        let (bucket, clip, video) = (self.clone(), clip.clone(), video.to_owned());
        blocking::run(move |stop| {
            let upload = bucket.copy(&video, stop);
            drop(clip);
            upload.map_err(|error| JobError::new(error.kind, format!("upload: {}", error.reason)))
        })
        .await
    }

    fn copy(&self, video: &Path, stop: &Stop) -> Result<Upload, JobError> {
        let mut original = File::open(video)?;
        let mut file = tempfile::Builder::new()
            .prefix(PART)
            .tempfile_in(&self.folder)?;
        let (bytes, sent) = checksum(&mut original, Some(file.as_file_mut()), stop)?;
        file.as_file_mut().rewind()?;
        let (arrived, checksum) = checksum(file.as_file_mut(), None, stop)?;
        if (arrived, checksum) != (bytes, sent) {
            return Err(JobError::new(
                ErrorKind::Storage,
                format!(
                    "the copy is not like the original: {arrived} of {bytes} bytes, checksum {checksum:08x} for {sent:08x}"
                ),
            ));
        }
        Ok(Upload {
            file,
            bytes,
            checksum,
        })
    }

    /// Makes an upload visible under a name, at once and as a whole.
    #[instrument_metrics(registry = self.registry, error = |error: &JobError| error.kind)]
    pub fn publish(&self, upload: Upload, name: &str) -> Result<Stored, JobError> {
        let path = self.folder.join(name);
        upload
            .file
            .persist(&path)
            .map_err(|error| JobError::storage("cannot publish the video", error.error))?;
        Ok(Stored {
            path,
            bytes: upload.bytes,
            checksum: upload.checksum,
        })
    }
}

/// How the names of unfinished copies start.
const PART: &str = ".part-";

/// Whether a file is a video or an unfinished copy of this program, by its name.
fn is_ours(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return false;
    };
    let video = name
        .strip_suffix(".gif")
        .or_else(|| name.strip_suffix(".mp4"));
    let is_id = |id: &str| id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    name.starts_with(PART) || video.is_some_and(is_id)
}

/// Reads a file to its end for its length and CRC-32, and copies it where asked to.
fn checksum(
    from: &mut File,
    mut to: Option<&mut File>,
    stop: &Stop,
) -> Result<(u64, u32), JobError> {
    let (mut bytes, mut hasher, mut block) = (0, Hasher::new(), vec![0; 64 * 1024]);
    loop {
        stop.check()?;
        let read = from.read(&mut block)?;
        if read == 0 {
            return Ok((bytes, hasher.finalize()));
        }
        hasher.update(&block[..read]);
        if let Some(to) = &mut to {
            to.write_all(&block[..read])?;
        }
        bytes += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_hidden_until_published_and_gone_when_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let video = folder.path().join("video");
        fs::write(&video, b"123456789").unwrap();
        let bucket = Bucket::open(folder.path().join("bucket"), &Registry::new()).unwrap();
        drop(bucket.copy(&video, &Stop::default()).unwrap());
        assert_eq!(fs::read_dir(&bucket.folder).unwrap().count(), 0);
        let upload = bucket.copy(&video, &Stop::default()).unwrap();
        let stored = bucket.publish(upload, "0123456789abcdef.gif").unwrap();
        assert_eq!((stored.bytes, stored.checksum), (9, 0xcbf4_3926));
        assert_eq!(fs::read(stored.path).unwrap(), b"123456789");
        assert_eq!(fs::read_dir(&bucket.folder).unwrap().count(), 1);
    }

    #[test]
    fn opening_removes_the_videos_of_an_earlier_run_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "0123456789abcdef.mp4",
            ".part-x",
            "holiday.gif",
            "notes.txt",
        ] {
            fs::write(folder.path().join(name), b"x").unwrap();
        }
        Bucket::open(folder.path().to_owned(), &Registry::new()).unwrap();
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(left, ["holiday.gif", "notes.txt"]);
    }
}
