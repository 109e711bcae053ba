//! How far a live reading is: one line on standard error that is written over, and only where that is a terminal.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use ssolint::finding::prose::visible;

/// Back to the line's beginning, and the line away.
const CLEAR: &str = "\r\u{1b}[K";

pub struct Progress {
    of: usize,
    read: AtomicUsize,
    begun: Instant,
    shown: Shown,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    OnTerminal,
    Nowhere,
}

impl Progress {
    pub fn new(of: usize) -> Self {
        let shown = if std::io::stderr().is_terminal() { Shown::OnTerminal } else { Shown::Nowhere };
        Self { of, read: AtomicUsize::new(0), begun: Instant::now(), shown }
    }

    /// What a connection says while it is read; it is among its notices anyway.
    pub fn tell(&self, connection: &str, text: &str) {
        self.write(&format!("{CLEAR}{}: {}\n", visible(connection), visible(text)));
    }

    pub fn one_more(&self) {
        self.read.fetch_add(1, Ordering::Relaxed);
    }

    /// The line, as it is now.
    pub fn show(&self, requests: u64) {
        let (read, seconds) = (self.read.load(Ordering::Relaxed), self.begun.elapsed().as_secs());
        let time = format!("{}:{:02}", seconds / 60, seconds % 60);
        self.write(&format!("{CLEAR}{read} of {} connections, {requests} requests, {time}", self.of));
    }

    /// Takes the line away.
    pub fn end(&self) {
        self.write(CLEAR);
    }

    fn write(&self, text: &str) {
        if self.shown == Shown::OnTerminal {
            let mut error = std::io::stderr().lock();
            let _ = error.write_all(text.as_bytes()).and_then(|()| error.flush());
        }
    }
}
