//! Keys and times as the operator meets them: a new key, everything sealed anew, the old key taken out; and what `purge` says.

use crate::{Folder, Served, client, stdout};
use std::fs;

fn keys(folder: &Folder) -> String {
    fs::read_to_string(folder.data("vault.keys")).unwrap()
}

fn said(folder: &Folder, args: &[&str]) -> String {
    let output = folder.run(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    stdout(&output)
}

fn failed(folder: &Folder, args: &[&str]) -> String {
    let output = folder.run(args);
    assert!(!output.status.success(), "{args:?}: {}", stdout(&output));
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn a_key_is_changed_and_the_old_one_taken_out() {
    let folder = Folder::new();
    said(&folder, &["seed"]);
    assert_eq!(said(&folder, &["keys", "list"]), "1  aes-256-gcm  seals\n");
    let first = keys(&folder);
    assert!(said(&folder, &["keys", "rotate", "--prepare", "--vault-algorithm", "sm4-gcm"]).starts_with("key 2 is in "));
    assert_eq!(said(&folder, &["keys", "list"]), "1  aes-256-gcm  seals\n2  sm4-gcm\n");
    assert!(failed(&folder, &["keys", "rotate", "--prepare"]).contains("prepared already"));
    said(&folder, &["keys", "rotate"]);
    assert_eq!(said(&folder, &["keys", "list"]), "2  sm4-gcm  seals\n1  aes-256-gcm\n");
    let both = keys(&folder);
    let secret = first.trim().split(':').next_back().unwrap();
    assert!(both.contains(secret) && both.contains("\nindex:") && !said(&folder, &["keys", "list"]).contains(secret));

    let checked = said(&folder, &["reseal", "--check"]);
    assert!(checked.contains("residents.name: ") || checked.contains("accounts.display_name: "), "{checked}");
    let done = said(&folder, &["reseal"]);
    assert!(done.contains("; 0 are left\n") && done.contains("they can be taken out"), "{done}");
    assert!(said(&folder, &["reseal"]).starts_with("sealed 0 values anew; 0 are left\n"));

    // Without the new key nothing starts; without the old one everything does.
    fs::write(folder.data("vault.keys"), &first).unwrap();
    let refused = failed(&folder, &["reseal", "--check"]);
    assert!(refused.contains("the vault keys are not those of this database") && !refused.contains(secret), "{refused}");
    let new: Vec<&str> = both.lines().filter(|line| !line.starts_with("1:")).collect();
    fs::write(folder.data("vault.keys"), new.join("\n")).unwrap();
    let served = Served::start(&folder, &[]);
    let ready = client().get(format!("{}/readyz", served.base)).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    assert_eq!(served.stop(), 0);
    assert!(said(&folder, &["reseal", "--check"]).starts_with("0 values"));
}

#[test]
fn nothing_is_purged_before_somebody_says_so() {
    let folder = Folder::new();
    said(&folder, &["migrate"]);
    assert!(failed(&folder, &["purge"]).contains("--dry-run"));
    assert!(failed(&folder, &["purge", "--dry-run", "--yes"]).contains("cannot be used with"));
    assert_eq!(said(&folder, &["purge", "--dry-run"]), "no retention policy names a time: nothing to do\n");
    assert_eq!(said(&folder, &["purge", "--yes"]), "no retention policy names a time: nothing to do\n");
}
