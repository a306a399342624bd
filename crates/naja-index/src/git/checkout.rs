//! Bare copies of repositories and checked out commits in the cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use naja_spec::{SafeUrl, Sha256, is_full_commit};
use naja_store::lock::{self, FileLock};
use naja_store::{
    Bucket, CHECKOUT_TREE, Store, StoreError, is_bare_copy, seal_checkout, sound_checkout,
};

use super::error::GitFault;
use super::resolve::resolve;
use super::run::Git;
use crate::context::Context;
use crate::request::{Checkout, GitReference, GitRequest};

/// The places of one repository.
struct Places {
    /// Its address without credentials.
    address: String,
    db: PathBuf,
    trees: PathBuf,
}

impl Places {
    fn of(store: &Store, url: &SafeUrl) -> Self {
        let clean = url.without_credentials().without_fragment();
        let address = clean.with_secrets().to_owned();
        let plain = address.trim_end_matches('/').trim_end_matches(".git");
        let stem = plain.rsplit(['/', ':']).next().unwrap_or_default();
        let [db, trees] = store.git_dirs(stem, &Sha256::of(plain.as_bytes()));
        Self { address, db, trees }
    }

    fn tree_of(&self, commit: &str, wanted: &GitRequest, lfs: bool) -> PathBuf {
        let mut name = commit.to_owned();
        if lfs {
            name.push_str("-lfs");
        }
        if !wanted.submodules {
            name.push_str("-alone");
        }
        self.trees.join(name)
    }

    fn record_key(&self, reference: &GitReference) -> String {
        let revision = match reference {
            GitReference::Default => "",
            GitReference::Rev(revision) => revision,
        };
        format!("git {} {revision}", self.address)
    }
}

/// Answers without git: a full commit that is checked out, or, offline, what a name last meant.
pub(super) fn find(context: &Context, wanted: &GitRequest) -> Option<Checkout> {
    let places = Places::of(&context.store, &wanted.url);
    let commit = match &wanted.reference {
        GitReference::Rev(revision) if is_full_commit(revision) => revision.to_ascii_lowercase(),
        reference if context.config.offline => {
            let record = context
                .store
                .read_record(Bucket::Commits, &places.record_key(reference))?;
            let text = std::str::from_utf8(record.as_ref()).ok()?;
            is_full_commit(text).then(|| text.to_owned())?
        }
        _ => return None,
    };
    sound_checkout(
        &places.tree_of(&commit, wanted, has_lfs(context, wanted)),
        &commit,
    )
    .map(|path| Checkout {
        path,
        commit,
        reference: wanted.reference.clone(),
    })
}

fn has_lfs(context: &Context, wanted: &GitRequest) -> bool {
    wanted.lfs || context.config.git.lfs
}

/// Fetches and checks out, alone for this repository.
pub(super) fn make(context: &Context, wanted: &GitRequest) -> Result<Checkout, GitFault> {
    let places = Places::of(&context.store, &wanted.url);
    let stop = || context.stop.load(Ordering::SeqCst);
    let git = Git::new(&context.config.git, &stop, &wanted.url).with_lfs(has_lfs(context, wanted));
    let _hold = context.store.hold()?;
    let parents = [places.db.parent(), Some(&places.trees)];
    for dir in parents.into_iter().flatten() {
        fs::create_dir_all(dir).map_err(|source| disk("create", dir, source))?;
    }
    let mut lock = places.db.clone().into_os_string();
    lock.push(".lock");
    let _alone = alone(context, Path::new(&lock))?;
    prepare_db(context, &git, &places)?;
    let commit = resolve(&git, &places.db, &places.address, &wanted.reference)?;
    if !matches!(&wanted.reference, GitReference::Rev(revision) if is_full_commit(revision)) {
        let key = places.record_key(&wanted.reference);
        // Only for working offline later.
        let _ = context
            .store
            .write_record(Bucket::Commits, &key, commit.as_bytes());
    }
    let place = places.tree_of(&commit, wanted, has_lfs(context, wanted));
    let path = match sound_checkout(&place, &commit) {
        Some(path) => path,
        None => check_out(context, &git, &places, wanted, &commit)?,
    };
    Ok(Checkout {
        path,
        commit,
        reference: wanted.reference.clone(),
    })
}

pub(super) fn disk(action: &'static str, path: &Path, source: std::io::Error) -> GitFault {
    GitFault::Store(StoreError::Io {
        action,
        path: path.to_path_buf(),
        source,
    })
}

/// Takes the lock of a repository; gives up when the command ends.
fn alone(context: &Context, path: &Path) -> Result<Option<FileLock>, GitFault> {
    loop {
        match lock::try_exclusive(path) {
            Ok(Some(lock)) => return Ok(Some(lock)),
            Ok(None) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Unsupported => return Ok(None),
            Err(source) => return Err(disk("lock", path, source)),
        }
        if context.stop.load(Ordering::SeqCst) {
            return Err(GitFault::Stopped);
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Makes the bare copy, empty, where there is none that git takes for one.
fn prepare_db(context: &Context, git: &Git<'_>, places: &Places) -> Result<(), GitFault> {
    let is_good = || is_bare_copy(&places.db);
    if is_good() {
        return Ok(());
    }
    let fresh = context.store.temp_dir()?;
    let arguments = ["init", "--quiet", "--bare", "--template="];
    git.run("init", fresh.path(), arguments)?;
    context.store.publish(fresh, &places.db, &is_good)?;
    Ok(())
}

fn check_out(
    context: &Context,
    git: &Git<'_>,
    places: &Places,
    wanted: &GitRequest,
    commit: &str,
) -> Result<PathBuf, GitFault> {
    let holder = context.store.temp_dir()?;
    let tree = holder.path().join(CHECKOUT_TREE);
    fs::create_dir(&tree).map_err(|source| disk("create", &tree, source))?;
    git.run("init", &tree, ["init", "--quiet", "--template="])?;
    // The objects stay in the bare copy.
    let info = tree.join(".git").join("objects").join("info");
    let objects = format!("{}\n", places.db.join("objects").display());
    fs::create_dir_all(&info)
        .and_then(|()| fs::write(info.join("alternates"), objects))
        .map_err(|source| disk("write", &info, source))?;
    copy_tags(git, &places.db, &tree)?;
    let origin = ["config", "--local", "remote.origin.url", &places.address];
    git.run("config", &tree, origin)?;
    git.run(
        "checkout",
        &tree,
        ["checkout", "--quiet", "--force", "--detach", commit],
    )?;
    if has_lfs(context, wanted) {
        large_files(git, &tree)?;
    }
    if wanted.submodules && tree.join(".gitmodules").is_file() {
        git.submodules(&tree, wanted.url.is_file())?;
    }
    seal_checkout(holder.path(), commit).map_err(|source| disk("seal", &tree, source))?;
    let place = places.tree_of(commit, wanted, has_lfs(context, wanted));
    context
        .store
        .publish(holder, &place, &|| sound_checkout(&place, commit).is_some())?;
    sound_checkout(&place, commit).ok_or(GitFault::Store(StoreError::BadTree {
        path: place,
        reason: "it was removed while it was written",
    }))
}

/// Gives the checkout the tags of the bare copy: versions are made of them.
fn copy_tags(git: &Git<'_>, db: &Path, tree: &Path) -> Result<(), GitFault> {
    let format = "--format=%(objectname) %(refname)";
    let output = git.run("for-each-ref", db, ["for-each-ref", format, "refs/tags"])?;
    if output.is_empty() {
        return Ok(());
    }
    let mut text = "# pack-refs with: \n".to_owned();
    text.push_str(&String::from_utf8_lossy(&output));
    let packed = tree.join(".git").join("packed-refs");
    fs::write(&packed, text).map_err(|source| disk("write", &packed, source))
}

pub(super) fn large_files(git: &Git<'_>, tree: &Path) -> Result<(), GitFault> {
    if !git.attempt(tree, ["lfs", "version"])?.status.success() {
        return Err(GitFault::NoLfs);
    }
    // Without its filters in the configuration it fetches and leaves the pointers as they are.
    let filters = [
        "filter.lfs.clean=git-lfs clean -- %f",
        "filter.lfs.smudge=git-lfs smudge -- %f",
        "filter.lfs.process=git-lfs filter-process",
        "filter.lfs.required=true",
    ];
    let settings = filters.into_iter().flat_map(|filter| ["-c", filter]);
    git.run("lfs pull", tree, settings.chain(["lfs", "pull"]))
        .map(drop)
}
