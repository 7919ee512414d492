//! Nothing here can reach the real platforms: no test is set up to, and while both doors are served every socket of
//! this process leads to this machine. (A request that went elsewhere and was refused would also be an answer that
//! never came, and fail its story.)

use super::talk::{Where, doors};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

/// Where the real ones are.
const REAL: &[&str] =
    &[concat!("api.telegram", ".org"), concat!("//discord", ".com"), concat!("gateway.discord", ".gg")];

/// The sources of tests and benches, with their paths.
fn sources() -> Vec<(String, String)> {
    fn collect(folder: &Path, out: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.path() {
                path if path.is_dir() => collect(&path, out),
                path if path.extension().is_some_and(|extension| extension == "rs") => out.push(path),
                _ => {}
            }
        }
    }
    let mut paths = Vec::new();
    for folder in ["tests", "benches"] {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut paths);
    }
    assert!(paths.len() > 50, "the sources could not be found");
    let read = |path: &PathBuf| (path.display().to_string(), std::fs::read_to_string(path).unwrap());
    paths.iter().map(read).collect()
}

/// The text from the last `open` before `at` up to there; none when a statement ends in between.
fn back_to<'a>(text: &'a str, at: usize, open: &str) -> Option<&'a str> {
    let from = text[..at].rfind(open)?;
    Some(&text[from..at]).filter(|between| !between.contains(';'))
}

#[test]
fn no_test_is_set_up_to_reach_a_real_platform() {
    let (mut failures, mut settings, mut clients) = (Vec::new(), 0, 0);
    for (path, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            // What is looked for in a text, told in a comment, or said by the other side, is not reached.
            let harmless = ["//", "assert", "contains(", "user-agent"].iter().any(|word| line.contains(word));
            if !harmless && REAL.iter().any(|host| line.contains(host)) {
                failures.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
        let line = |at: usize| text[..at].matches('\n').count() + 1;
        let doors =
            text.contains(concat!("platforms::", "telegram")) || text.contains(concat!("platforms::", "discord"));
        if doors || path.contains("/doors/") {
            for (at, _) in text.match_indices(concat!("Config", "::default()")) {
                settings += 1;
                let others = ["people::", "deploy::", "Proptest"].iter().any(|other| text[..at].ends_with(other));
                if !others && !back_to(&text, at, "Config {").is_some_and(|between| between.contains("api:")) {
                    failures.push(format!("{path}:{}: a platform's settings that name the real one", line(at)));
                }
            }
            for (at, _) in text.match_indices(concat!("Bot::", "new(")) {
                clients += 1;
                let statement = text[at..].split(';').next().unwrap_or_default();
                if !statement.contains("set_api_url") {
                    failures.push(format!("{path}:{}: a client of the real one", line(at)));
                }
            }
        }
    }
    assert!(settings >= 4 && clients >= 4, "{settings} settings and {clients} clients: it was not looked well");
    assert!(failures.is_empty(), "Tests talk to fakes only:\n{}", failures.join("\n"));
}

/// An address as `/proc/net` writes it: words of four bytes, each in this machine's order.
fn address(text: &str) -> Option<IpAddr> {
    let (host, _) = text.split_once(':')?;
    let word = |at: usize| u32::from_str_radix(host.get(at..at + 8)?, 16).ok().map(u32::to_ne_bytes);
    if host.len() == 8 {
        return Some(Ipv4Addr::from(word(0)?).into());
    }
    let bytes: Vec<u8> = [0, 8, 16, 24].into_iter().map(word).collect::<Option<Vec<_>>>()?.concat();
    let address = Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?);
    Some(address.to_ipv4_mapped().map_or(address.into(), Into::into))
}

/// Where the sockets of this process lead that have another end: how many there are, and those that leave the machine.
fn sockets() -> (usize, BTreeSet<String>) {
    let links = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let links = links.filter_map(|entry| std::fs::read_link(entry.path()).ok()?.to_str().map(str::to_owned));
    let own: BTreeSet<String> =
        links.filter_map(|link| Some(link.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())).collect();
    let (mut count, mut abroad) = (0, BTreeSet::new());
    for table in ["tcp", "tcp6", "udp", "udp6"] {
        let rows = std::fs::read_to_string(format!("/proc/self/net/{table}")).unwrap_or_default();
        for row in rows.lines().skip(1) {
            let fields: Vec<&str> = row.split_whitespace().collect();
            let (Some(remote), Some(inode)) = (fields.get(2), fields.get(9)) else { continue };
            let Some(to) = address(remote).filter(|to| own.contains(*inode) && !to.is_unspecified()) else { continue };
            count += 1;
            if !to.is_loopback() {
                abroad.insert(format!("{table} {to}"));
            }
        }
    }
    (count, abroad)
}

#[test]
fn addresses_are_read_as_the_system_writes_them() {
    assert_eq!(address("0100007F:1F90"), Some(Ipv4Addr::LOCALHOST.into()));
    assert_eq!(address("00000000000000000000000001000000:1F90"), Some(Ipv6Addr::LOCALHOST.into()));
    assert_eq!(address("0000000000000000FFFF00000100007F:1F90"), Some(Ipv4Addr::LOCALHOST.into()));
    assert_eq!(address("08080808:0035"), Some(Ipv4Addr::new(8, 8, 8, 8).into()));
}

#[tokio::test]
async fn while_both_doors_are_served_no_socket_leads_elsewhere() {
    if !Path::new("/proc/self/net/tcp").exists() {
        println!("skipped: this system does not tell where sockets lead");
        return;
    }
    let story = async {
        let mut doors = doors(Where::Shared, "en").await;
        for line in ["/help", "/deploy", "/deploy vm name:fern terms:yes now:yes", "/destroy fern now:yes"] {
            futures_util::future::join_all(doors.iter_mut().map(|door| door.say(0, line))).await;
        }
        futures_util::future::join_all(doors.into_iter().map(|door| door.close())).await;
    };
    let (ended, end) = std::sync::mpsc::channel::<()>();
    // It looks from a thread of its own, all the time that the story takes.
    let watch = tokio::task::spawn_blocking(move || {
        let (mut most, mut abroad) = (0, BTreeSet::new());
        while end.recv_timeout(Duration::from_millis(20)) == Err(RecvTimeoutError::Timeout) {
            let (count, found) = sockets();
            most = most.max(count);
            abroad.extend(found);
        }
        (most, abroad)
    });
    story.await;
    drop(ended);
    let (most, abroad) = watch.await.unwrap();
    assert!(most >= 4, "only {most} sockets were seen: it was not looked well");
    assert_eq!(abroad, BTreeSet::new());
}
