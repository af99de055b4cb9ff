//! The two secrets that a server keeps: the key that signs access tokens, and the keys that seal
//! personal data. Each comes from a setting (containers) or from a file that only its owner reads.
//!
//! A lost vault key cannot be made again, and what it sealed is lost with it: keep the files
//! with the backups of the database.

use crate::{
    settings::Settings,
    terminal::{Fault, Outcome},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use identity::{Identity, Keys, Trust};
use kernel::vault::Vault;
use rand::Rng;
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
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
    let text = text_of(settings.vault_keys.as_ref(), &settings.vault_key_file, || format!("1:{}", STANDARD.encode(fresh())))?;
    let keys = vault_keys(&text)
        .ok_or_else(|| broken("vault_keys", &settings.vault_key_file, "lines of id:base64 (32 bytes each), newest first, no id twice"))?;
    Ok(Vault::new(&keys)?)
}

fn vault_keys(text: &str) -> Option<Vec<(u32, Key)>> {
    let mut keys: Vec<(u32, Key)> = Vec::new();
    for line in text.split([',', '\n']).map(str::trim).filter(|line| !line.is_empty()) {
        let (id, key) = line.split_once(':')?;
        let id = id.trim().parse().ok().filter(|id| keys.iter().all(|(other, _)| other != id))?;
        keys.push((id, decode(key.trim())?));
    }
    Some(keys).filter(|keys| !keys.is_empty())
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
        let (a, b) = (STANDARD.encode([7; 32]), STANDARD.encode([9; 32]));
        let keys = vec![(2, [9; 32]), (1, [7; 32])];
        assert_eq!(vault_keys(&format!("2:{b}\n1:{a}\n")), Some(keys.clone()));
        assert_eq!(vault_keys(&format!("2:{b}, 1:{a}")), Some(keys));
        for bad in ["", "\n", "1", &a, &format!("x:{a}"), &format!("1:{a}\n1:{b}"), "1:c2hvcnQ="] {
            assert_eq!(vault_keys(bad), None, "{bad}");
        }
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
