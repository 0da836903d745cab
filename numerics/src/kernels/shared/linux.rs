//! The heap as a file without a name (`memfd_create`), which others find by the number of the process.

use std::fs::{File, OpenOptions};
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::ptr::{NonNull, null_mut};
use std::sync::{Mutex, PoisonError};

use range_alloc::RangeAllocator;
use rustix::fs::{FallocateFlags, MemfdFlags, OFlags, fallocate, ftruncate, memfd_create};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use rustix::process::{Resource, getrlimit};

use super::Key;

/// Addresses of a heap, of which only those have memory that were written.
const BYTES: usize = 64 << 30;
const PAGE: usize = 4096;
const NAME: &str = "dropnet";

/// Memory of this process that others can map. Its first page holds the word of its key.
pub struct Heap {
    start: NonNull<u8>,
    file: OwnedFd,
    /// Pages that nobody has.
    free: Mutex<RangeAllocator<usize>>,
    key: Key,
}

// SAFETY: the heap hands out its pages, each to one block, and touches none but the first, before it is shared.
unsafe impl Send for Heap {}
// SAFETY: as above.
unsafe impl Sync for Heap {}

/// Pages of the heap of this process.
pub struct Block {
    start: NonNull<u8>,
    pages: Range<usize>,
    heap: &'static Heap,
}

// SAFETY: as of any memory that one has.
unsafe impl Send for Block {}
// SAFETY: as above.
unsafe impl Sync for Block {}

/// The heap of another process.
pub struct Seen {
    start: NonNull<u8>,
}

// SAFETY: it is read, and as long as it lives.
unsafe impl Send for Seen {}
// SAFETY: as above.
unsafe impl Sync for Seen {}

fn mapped(file: impl AsFd, protection: ProtFlags) -> Result<NonNull<u8>, Errno> {
    // SAFETY: a new mapping, where the system finds room for it.
    let start =
        unsafe { mmap(null_mut(), BYTES, protection, MapFlags::SHARED | MapFlags::NORESERVE, file, 0)? };
    NonNull::new(start.cast()).ok_or(Errno::NOMEM)
}

impl Heap {
    pub(super) fn new() -> Result<Self, Errno> {
        // A limit of the size of files is one of the heap too, and who passes it is ended.
        if getrlimit(Resource::Fsize).current.is_some_and(|most| most < BYTES as u64) {
            return Err(Errno::FBIG);
        }
        let file = memfd_create(NAME, MemfdFlags::CLOEXEC)?;
        ftruncate(&file, BYTES as u64)?;
        let start = mapped(&file, ProtFlags::READ | ProtFlags::WRITE)?;
        let process = u64::from(std::process::id());
        let word =
            crate::draws::site_key(&format!("{process} {:?} {start:?}", std::time::Instant::now())) | 1;
        // SAFETY: the first page is there, and nobody else has it.
        unsafe { start.cast::<u64>().write(word) };
        let key = Key { process, file: file.as_raw_fd() as u64, word };
        Ok(Self { start, file, free: Mutex::new(RangeAllocator::new(1..BYTES / PAGE)), key })
    }

    pub fn key(&self) -> Key {
        self.key
    }

    /// How far from its beginning so many bytes lie that are all in the heap.
    pub fn place(&self, start: *const u8, bytes: usize) -> Option<usize> {
        let place = (start as usize).checked_sub(self.start.as_ptr() as usize)?;
        (place.checked_add(bytes)? <= BYTES).then_some(place)
    }

    pub(super) fn zeros(&'static self, bytes: usize) -> Option<Block> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let pages = free.allocate_range(bytes.div_ceil(PAGE)).ok()?;
        // SAFETY: within the mapping.
        let start = unsafe { self.start.add(pages.start * PAGE) };
        Some(Block { start, pages, heap: self })
    }
}

impl Block {
    pub fn start(&self) -> *mut u8 {
        self.start.as_ptr()
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        let heap = self.heap;
        let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        let (start, bytes) = (self.pages.start * PAGE, self.pages.len() * PAGE);
        // Pages come back as zeros. Where they do not they are nobody's any more.
        if fallocate(&heap.file, hole, start as u64, bytes as u64).is_ok() {
            let mut free = heap.free.lock().unwrap_or_else(PoisonError::into_inner);
            free.free_range(self.pages.clone());
        }
    }
}

impl Seen {
    /// The heap of the process that this is the key of, if it is of this machine and can be read.
    pub fn new(key: Key) -> Option<Self> {
        let path = format!("/proc/{}/fd/{}", key.process, key.file);
        // Whatever else has these numbers, on another machine, is not opened.
        let is_heap = |link: &Path| link.to_string_lossy().starts_with(&format!("/memfd:{NAME}"));
        if key.word == 0 || !std::fs::read_link(&path).is_ok_and(|link| is_heap(&link)) {
            return None;
        }
        let nonblock = OFlags::NONBLOCK.bits() as i32;
        let file: File = OpenOptions::new().read(true).custom_flags(nonblock).open(path).ok()?;
        if file.metadata().ok()?.len() != BYTES as u64 {
            return None;
        }
        let seen = Self { start: mapped(&file, ProtFlags::READ).ok()? };
        // SAFETY: the file has as many bytes as the mapping, and its first word was written before anybody was told of it.
        let word = unsafe { seen.start.cast::<u64>().read() };
        (word == key.word).then_some(seen)
    }

    /// Where so many bytes are that begin so far from its beginning.
    pub fn at(&self, place: usize, bytes: usize) -> Option<*const u8> {
        let is_within = place.checked_add(bytes).is_some_and(|end| end <= BYTES);
        is_within.then(|| self.start.as_ptr().wrapping_add(place).cast_const())
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        // SAFETY: the mapping is this one's, and nobody reads it any more. It cannot fail for what was mapped.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), BYTES) };
    }
}
