//! The two secrets that a server keeps: the key that signs access tokens, and the keys that seal
//! personal data. Each comes from a setting (containers) or from a file that only its owner reads.
//!
//! A lost vault key cannot be made again, and what it sealed is lost with it: keep the files
//! with the backups of the database.
//!
//! `linli keys rotate` adds a vault key, `linli reseal` seals with it what older keys have sealed.

use crate::{
    settings::Settings,
    terminal::{Fault, Outcome, say},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use identity::{Identity, Keys, Trust};
use kernel::vault::{Algorithm, SealingKey, Vault, index_key_of};
use rand::Rng;
use secrecy::{
    ExposeSecret, SecretString,
    zeroize::{Zeroize, Zeroizing},
};
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::Path,
};

type Key = [u8; 32];

/// Makes the data folder, for its owner alone.
pub(crate) fn make_data_dir(settings: &Settings) -> Outcome {
    let path = &settings.data_dir;
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|e| Fault(format!("the data folder {} cannot be made: {e}", path.display())))
}

/// The signing key.
pub(crate) fn identity(settings: &Settings) -> Outcome<Identity> {
    let text = text_of(settings.signing_key.as_ref(), &settings.signing_key_file, || STANDARD.encode(fresh()))?;
    let key = decode(text.trim()).ok_or_else(|| broken("signing_key", &settings.signing_key_file, "32 bytes in base64"))?;
    let identity = Identity::new(Keys::from_seed(&key)?).with_quota(settings.program_requests_per_minute);
    if let Some(issuer) = &settings.oidc_issuer {
        let (audience, algorithms, claim) = (&settings.oidc_audience, &settings.oidc_algorithms, &settings.oidc_account_claim);
        let trust = Trust::read(issuer, audience, algorithms, claim).map_err(|e| Fault(format!("the settings of oidc_issuer: {e}")))?;
        identity.trust(trust)?;
    }
    Ok(identity)
}

/// The vault keys.
pub(crate) fn vault(settings: &Settings) -> Outcome<Vault> {
    let ring = ring(settings)?;
    let keys: Vec<_> = ring.keys.iter().map(|key| SealingKey { id: key.id, algorithm: key.algorithm, secret: &key.secret }).collect();
    Ok(Vault::with(&keys, ring.index)?)
}

/// The vault keys as they are written down.
pub(crate) fn ring(settings: &Settings) -> Outcome<Ring> {
    let algorithm = settings.vault_algorithm;
    let text = text_of(settings.vault_keys.as_ref(), &settings.vault_key_file, || VaultKey::fresh(1, algorithm.0).line())?;
    Ring::read(&text).ok_or_else(|| {
        let form = "lines of id:base64 or id:algorithm:base64, newest first, no id twice, and at most one line index:base64";
        broken("vault_keys", &settings.vault_key_file, form)
    })
}

/// One vault key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct VaultKey {
    pub(crate) id: u32,
    pub(crate) algorithm: Algorithm,
    secret: Vec<u8>,
}

impl Drop for VaultKey {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl VaultKey {
    /// A new one.
    fn fresh(id: u32, algorithm: Algorithm) -> Self {
        let mut secret = vec![0; algorithm.key_bytes()];
        rand::rng().fill_bytes(&mut secret);
        Self { id, algorithm, secret }
    }

    fn read(line: &str) -> Option<Self> {
        let (id, rest) = line.split_once(':')?;
        let (algorithm, secret) = match rest.split_once(':') {
            Some((word, secret)) => (Algorithm::named(word.trim())?, secret),
            None => (Algorithm::Aes256Gcm, rest),
        };
        let secret = STANDARD.decode(secret.trim()).ok().filter(|secret| secret.len() == algorithm.key_bytes())?;
        Some(Self { id: id.trim().parse().ok()?, algorithm, secret })
    }

    /// As it is written down.
    fn line(&self) -> String {
        let secret = STANDARD.encode(&self.secret);
        match self.algorithm {
            // As files were written before there was another.
            Algorithm::Aes256Gcm => format!("{}:{secret}", self.id),
            other => format!("{}:{}:{secret}", self.id, other.as_str()),
        }
    }
}

/// The vault keys, newest first, and the key of the blind index.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Ring {
    pub(crate) keys: Vec<VaultKey>,
    /// Absent: the oldest key makes it.
    index: Option<Key>,
}

impl Ring {
    fn read(text: &str) -> Option<Self> {
        let mut ring = Self { keys: Vec::new(), index: None };
        for line in text.split([',', '\n']).map(str::trim).filter(|line| !line.is_empty()) {
            if let Some(index) = line.strip_prefix("index:") {
                let index = decode(index.trim())?;
                ring.index.is_none().then(|| ring.index = Some(index))?;
                continue;
            }
            let key = VaultKey::read(line)?;
            ring.keys.iter().all(|other| other.id != key.id).then(|| ring.keys.push(key))?;
        }
        Some(ring).filter(|ring| !ring.keys.is_empty())
    }

    fn text(&self) -> Zeroizing<String> {
        let index = self.index.map(|index| format!("index:{}", STANDARD.encode(index)));
        Zeroizing::new(self.keys.iter().map(VaultKey::line).chain(index).collect::<Vec<_>>().join("\n"))
    }

    /// A ring with another newest key: the one that was prepared behind the first, else a new one. With `prepare` the new key
    /// goes behind the first, for servers to know before anybody seals with it. The key of the blind index is kept beside from
    /// now on, so that every sealing key can go one day.
    fn rotated(&self, algorithm: Algorithm, prepare: bool) -> Outcome<(Self, u32)> {
        let mut next = self.clone();
        if next.index.is_none() {
            let oldest = self.keys.last().ok_or_else(|| Fault("there is no vault key".to_owned()))?;
            next.index = Some(index_key_of(&oldest.secret)?);
        }
        let highest = self.keys.iter().map(|key| key.id).max().unwrap_or_default();
        let prepared = self.keys.iter().position(|key| key.id == highest).filter(|at| *at > 0);
        match (prepared, prepare) {
            (Some(_), true) => Err(Fault(format!("key {highest} is prepared already; run `linli keys rotate` once all servers know it"))),
            (Some(at), false) => {
                let key = next.keys.remove(at);
                next.keys.insert(0, key);
                Ok((next, highest))
            }
            (None, prepare) => {
                let id = highest.checked_add(1).ok_or_else(|| Fault("the ids of vault keys are used up".to_owned()))?;
                next.keys.insert(usize::from(prepare), VaultKey::fresh(id, algorithm));
                Ok((next, id))
            }
        }
    }
}

/// `linli keys`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum KeysCommand {
    /// Show the ids and algorithms of the vault keys, never the keys
    List,
    /// Add a vault key, which seals from the next start on; older ones stay to be read with
    Rotate {
        /// Put it behind the first, so that all servers know it before one seals with it; then rotate once more
        #[arg(long)]
        prepare: bool,
    },
}

/// Shows or changes the vault keys; the file only, no database.
pub(crate) fn run(settings: &Settings, command: &KeysCommand) -> Outcome {
    let old = ring(settings)?;
    let KeysCommand::Rotate { prepare } = command else {
        let seals = |n: usize| if n == 0 { "  seals" } else { "" };
        let lines = old.keys.iter().enumerate().map(|(n, key)| format!("{}  {}{}\n", key.id, key.algorithm.as_str(), seals(n)));
        return say(&lines.collect::<String>());
    };
    if settings.vault_keys.is_some() {
        return Err(Fault("the vault keys come from the setting vault_keys; add the new key there".to_owned()));
    }
    let (new, id) = old.rotated(settings.vault_algorithm.0, *prepare)?;
    replace_file(&settings.vault_key_file, &new.text())
        .map_err(|e| Fault(format!("the key file {}: {e}", settings.vault_key_file.display())))?;
    let next = if *prepare {
        "copy the file to all servers, restart them, and rotate once more"
    } else {
        "restart all servers, then run `linli reseal`"
    };
    say(&format!("key {id} is in {}; {next}\n", settings.vault_key_file.display()))
}

fn decode(text: &str) -> Option<Key> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

fn fresh() -> Key {
    let mut key = Key::default();
    rand::rng().fill_bytes(&mut key);
    key
}

fn broken(setting: &str, file: &Path, form: &str) -> Fault {
    Fault(format!("{setting} (setting, or file {}) does not hold {form}", file.display()))
}

/// The secret from its setting, else from its file, which is made when it does not exist.
fn text_of(setting: Option<&SecretString>, file: &Path, make: impl Fn() -> String) -> Outcome<Zeroizing<String>> {
    if let Some(secret) = setting {
        return Ok(Zeroizing::new(secret.expose_secret().to_owned()));
    }
    let told = |e: std::io::Error| Fault(format!("the key file {}: {e}", file.display()));
    match File::open(file) {
        Ok(open) => read(open, file),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            make_file(file, &make()).map_err(told)?;
            // Of two servers that start together, one made it; both read it.
            read(File::open(file).map_err(told)?, file)
        }
        Err(error) => Err(told(error)),
    }
}

fn read(mut open: File, file: &Path) -> Outcome<Zeroizing<String>> {
    let told = |e: std::io::Error| Fault(format!("the key file {}: {e}", file.display()));
    let mode = open.metadata().map_err(told)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(Fault(format!("the key file {0} can be read by others (mode {mode:o}); do: chmod 600 {0}", file.display())));
    }
    let mut text = Zeroizing::new(String::new());
    open.read_to_string(&mut text).map_err(told)?;
    Ok(text)
}

/// Makes the file, whole or not at all, unless somebody else has just made it.
fn make_file(file: &Path, text: &str) -> std::io::Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{:016x}", rand::rng().next_u64()));
    let beside = Path::new(&beside);
    let mut made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(beside)?;
    let linked = writeln!(made, "{text}").and_then(|()| made.sync_all()).and_then(|()| fs::hard_link(beside, file));
    fs::remove_file(beside)?;
    match linked {
        Ok(()) => tracing::info!(file = %file.display(), "made a new key"),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    sync_folder(file)
}

/// Writes the file anew, whole or not at all.
fn replace_file(file: &Path, text: &str) -> std::io::Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{:016x}", rand::rng().next_u64()));
    let beside = Path::new(&beside);
    let mut made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(beside)?;
    writeln!(made, "{text}").and_then(|()| made.sync_all()).and_then(|()| fs::rename(beside, file)).inspect_err(|_| {
        let _ = fs::remove_file(beside);
    })?;
    sync_folder(file)
}

/// A new file survives a power cut only when its folder has been written too.
fn sync_folder(file: &Path) -> std::io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn vault_keys_come_newest_first_from_lines_or_commas() {
        let (a, b) = (STANDARD.encode([7; 32]), STANDARD.encode([9; 16]));
        let ring = Ring::read(&format!("2:sm4-gcm:{b}\n1:{a}\n")).unwrap();
        let found: Vec<_> = ring.keys.iter().map(|key| (key.id, key.algorithm, key.secret.clone())).collect();
        assert_eq!(found, [(2, Algorithm::Sm4Gcm, vec![9; 16]), (1, Algorithm::Aes256Gcm, vec![7; 32])]);
        assert!(Ring::read(&format!("2:sm4-gcm:{b}, 1:aes-256-gcm:{a}")) == Some(ring.clone()));
        assert_eq!(ring.text().as_str(), format!("2:sm4-gcm:{b}\n1:{a}"));
        let twice = format!("index:{a}\nindex:{a}\n1:{a}");
        for bad in [
            "",
            "\n",
            "1",
            &a,
            &format!("x:{a}"),
            &format!("1:{a}\n1:{a}"),
            "1:c2hvcnQ=",
            &format!("1:{b}"),
            &format!("1:des:{b}"),
            &twice,
            &format!("index:{a}"),
        ] {
            assert!(Ring::read(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_rotated_ring_keeps_what_numbers_are_found_by() {
        let first = Ring::read(&format!("1:{}", STANDARD.encode([7; 32]))).unwrap();
        let (second, id) = first.rotated(Algorithm::Sm4Gcm, false).unwrap();
        assert!(id == 2 && second.keys[0].id == 2 && second.keys[1].id == 1 && second.index == Some(index_key_of(&[7; 32]).unwrap()));
        assert!(Ring::read(&second.text()) == Some(second.clone()));
        let (prepared, id) = second.rotated(Algorithm::Aes256Gcm, true).unwrap();
        assert!(id == 3 && prepared.keys.iter().map(|key| key.id).eq([2, 3, 1]) && prepared.index == second.index);
        assert!(prepared.rotated(Algorithm::Aes256Gcm, true).is_err());
        let (third, id) = prepared.rotated(Algorithm::Aes256Gcm, false).unwrap();
        assert!(id == 3 && third.keys.iter().map(|key| key.id).eq([3, 2, 1]));
    }

    #[test]
    fn a_key_file_is_made_once_and_refused_when_others_can_read_it() {
        let file = std::env::temp_dir().join(format!("linli-key-{}", std::process::id()));
        let _ = fs::remove_file(&file);
        let first = text_of(None, &file, || "secret".to_owned()).unwrap();
        assert_eq!(first, text_of(None, &file, || "other".to_owned()).unwrap());
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = text_of(None, &file, || "other".to_owned()).err().unwrap().0;
        assert!(refused.contains("chmod 600") && !refused.contains("secret"), "{refused}");
        fs::remove_file(file).unwrap();
    }
}
