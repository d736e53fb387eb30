//! What a process wrote to its files and when it made them durable, read from the lines of strace.

use crate::command::Outcome;
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

/// One thing that the process did to a file of the data folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Did {
    Write {
        offset: usize,
        bytes: Vec<u8>,
    },
    /// Everything written before event number `covers` is durable from here on.
    Sync {
        covers: usize,
    },
    Truncate {
        length: usize,
    },
    Remove,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Seconds since 1970, when the call began; for a sync, when it ended.
    pub at: f64,
    pub file: PathBuf,
    pub did: Did,
}

/// `-xx` writes every text as \x68\x69.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let body = text.strip_prefix('"')?.strip_suffix('"')?;
    body.split("\\x").skip(1).map(|hex| u8::from_str_radix(hex.get(..2)?, 16).ok()).collect()
}

/// The arguments of a call: texts have no commas inside, for `-xx` escapes every letter.
fn arguments(call: &str) -> Vec<&str> {
    call.split(", ").map(str::trim).collect()
}

/// Reads a whole trace of the files that `keep` wants. `open` are the files that the process had open before, by their numbers.
///
/// # Errors
/// A write that is not understood: a trace with holes would prove nothing.
pub fn read(text: &str, open: &HashMap<i32, PathBuf>, keep: &dyn Fn(&Path) -> bool) -> Outcome<Vec<Event>> {
    // A sync covers what stands before it, so what is not wanted must never be counted.
    let mut files: HashMap<i32, PathBuf> = open.iter().filter(|(_, f)| keep(f)).map(|(n, f)| (*n, f.clone())).collect();
    let mut events: Vec<Event> = Vec::new();
    // A call of a thread that another one interrupted in the trace: its first half, and how many events there were then.
    let mut halves: HashMap<&str, (String, usize)> = HashMap::new();
    for line in text.lines() {
        // Short thread numbers are padded with spaces.
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Some((time, rest)) = rest.trim_start().split_once(' ') else { continue };
        let rest = rest.trim_start();
        let Ok(at) = time.parse::<f64>() else { continue };
        let (call, answer, begun_with) = if let Some(begun) = rest.strip_suffix(" <unfinished ...>") {
            halves.insert(thread, (begun.to_owned(), events.len()));
            if let Some(event) = write_of(begun, at, &files)? {
                events.push(event);
            }
            continue;
        } else if rest.starts_with("<... ") {
            let Some((begun, with)) = halves.remove(thread) else { continue };
            let end = rest.split_once("resumed>").map_or("", |(_, end)| end);
            let (end, answer) = end.rsplit_once(") = ").or_else(|| end.rsplit_once(" = ")).unwrap_or((end, ""));
            // A write was taken when it began.
            if write_of(&begun, at, &files)?.is_some() {
                continue;
            }
            (format!("{begun}{}", end.trim().trim_end_matches(')')), answer.trim().to_owned(), with)
        } else {
            let Some((call, answer)) = rest.rsplit_once(" = ") else { continue };
            let call = call.trim_end().trim_end_matches(')').to_owned();
            if let Some(event) = write_of(&call, at, &files)? {
                events.push(event);
                continue;
            }
            (call, answer.trim().to_owned(), events.len())
        };
        let Some((name, rest)) = call.split_once('(') else { continue };
        let parts = arguments(rest);
        let number = parts.first().and_then(|n| n.parse::<i32>().ok());
        let path = |text: Option<&&str>| {
            text.and_then(|t| bytes(t)).map(|b| PathBuf::from(String::from_utf8_lossy(&b).into_owned()))
        };
        let well = !answer.starts_with('-');
        match name {
            "openat" if well => {
                let fd = answer.split_whitespace().next().and_then(|n| n.parse::<i32>().ok());
                if let (Some(fd), Some(path)) = (fd, path(parts.get(1))) {
                    files.remove(&fd);
                    if keep(&path) {
                        files.insert(fd, path);
                    }
                }
            }
            "close" => {
                number.map(|n| files.remove(&n));
            }
            "fsync" | "fdatasync" if well => {
                if let Some(file) = number.and_then(|n| files.get(&n)) {
                    events.push(Event { at, file: file.clone(), did: Did::Sync { covers: begun_with } });
                }
            }
            "ftruncate" if well => {
                let length = parts.get(1).and_then(|n| n.parse::<usize>().ok());
                if let (Some(file), Some(length)) = (number.and_then(|n| files.get(&n)), length) {
                    events.push(Event { at, file: file.clone(), did: Did::Truncate { length } });
                }
            }
            "unlink" if well => {
                if let Some(file) = path(parts.first()).filter(|f| keep(f)) {
                    events.push(Event { at, file, did: Did::Remove });
                }
            }
            _ => {}
        }
    }
    Ok(events)
}

fn write_of(call: &str, at: f64, files: &HashMap<i32, PathBuf>) -> Outcome<Option<Event>> {
    let Some(rest) = call.strip_prefix("pwrite64(") else { return Ok(None) };
    let told = || format!("This line of the trace is not understood: {}", call.chars().take(80).collect::<String>());
    let parts = arguments(rest);
    let [number, text, _, offset] = parts.as_slice() else { return Err(told()) };
    let number: i32 = number.parse().map_err(|_| told())?;
    let offset: usize = offset.trim_end_matches(')').parse().map_err(|_| told())?;
    let bytes = bytes(text).ok_or_else(told)?;
    Ok(files.get(&number).map(|file| Event { at, file: file.clone(), did: Did::Write { offset, bytes } }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_read_with_calls_that_were_interrupted() {
        let text = "7    10.5 openat(AT_FDCWD, \"\\x2f\\x61\", O_RDWR|O_CREAT, 0644) = 9\n\
            7 11.0 pwrite64(9, \"\\x01\\x02\", 2, 8) = 2\n\
            7 11.1 openat(AT_FDCWD, \"\\x2f\\x62\", O_RDWR|O_CREAT, 0644) = 10\n\
            7 11.2 pwrite64(10, \"\\x01\", 1, 0) = 1\n\
            7 11.5 fdatasync(9 <unfinished ...>\n\
            8    11.6 pwrite64(9, \"\\x03\", 1, 0) = 1\n\
            7 11.9 <... fdatasync resumed>)        = 0\n\
            7 12.0 fsync(9)                          = -1 EIO (Input/output error) (INJECTED)\n\
            7 12.1 ftruncate(9, 4)                   = 0\n\
            7 12.2 pwrite64(3, \"\\x03\", 1, 0) = 1\n";
        let wanted = |file: &Path| file == Path::new("/a");
        let events = read(text, &HashMap::new(), &wanted).expect("understood");
        let file = PathBuf::from("/a");
        let event = |at, did| Event { at, file: file.clone(), did };
        assert_eq!(
            events,
            [
                event(11.0, Did::Write { offset: 8, bytes: vec![1, 2] }),
                event(11.6, Did::Write { offset: 0, bytes: vec![3] }),
                event(11.9, Did::Sync { covers: 1 }),
                event(12.1, Did::Truncate { length: 4 }),
            ],
            "the second write was not there when the sync began, a write of another file counts for nothing, a sync that failed makes nothing durable"
        );
        assert!(
            read("7 1.0 pwrite64(9, \"\\x0\"..., 2, 8) = 2\n", &HashMap::from([(9, file)]), &wanted).is_err(),
            "a text that was cut"
        );
    }
}
