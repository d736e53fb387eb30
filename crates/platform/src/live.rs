//! Announcements of what a commit changed: ids only, to every live page of this node, and to other nodes by LISTEN/NOTIFY.

use tokio::sync::broadcast;

/// `kind:id`, for example `case:0190…`, `subject:0190…`, `session:0190…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement(pub String);

#[derive(Clone, Debug)]
pub struct Bus(broadcast::Sender<Announcement>);

impl Default for Bus {
    fn default() -> Self {
        // A stream that falls more than this far behind is told to look again instead of replaying.
        Bus(broadcast::channel(1024).0)
    }
}

impl Bus {
    pub fn send(&self, what: Announcement) {
        // No listener is a normal state: nobody has a page open.
        let _ = self.0.send(what);
    }

    pub fn listen(&self) -> broadcast::Receiver<Announcement> {
        self.0.subscribe()
    }
}
