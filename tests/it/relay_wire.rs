//! A websocket client made of bytes, so that it can also do what no library allows: wrong frames, wrong heads.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    Frame { opcode: u8, payload: Vec<u8> },
    End { reset: bool },
}

/// The head and body of an HTTP answer.
#[derive(Debug)]
pub struct Answer {
    pub version: String,
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// A connection that has become a websocket.
pub struct Wire {
    out: Option<OwnedWriteHalf>,
    incoming: mpsc::UnboundedReceiver<Seen>,
    reader: JoinHandle<()>,
    peeked: VecDeque<Seen>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// Sends a request as it is; a 101 gives the websocket too.
pub async fn request(addr: SocketAddr, head: &str, body: &[u8]) -> (Answer, Option<Wire>) {
    let tcp = TcpStream::connect(addr).await.unwrap();
    tcp.set_nodelay(true).unwrap();
    let (mut input, mut out) = tcp.into_split();
    // A relay may answer and close before it has read everything.
    let sent = tokio::spawn({
        let bytes = [head.as_bytes(), body].concat();
        async move {
            let _ = out.write_all(&bytes).await;
            out
        }
    });
    let mut buffer = Vec::new();
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        assert!(input.read_buf(&mut buffer).await.unwrap() > 0, "no whole answer: {buffer:?}");
    };
    let text = String::from_utf8(buffer[..end].to_vec()).unwrap();
    buffer.drain(..end + 4);
    let mut lines = text.lines();
    let mut first = lines.next().unwrap().split(' ');
    let (version, status) = (first.next().unwrap().to_owned(), first.next().unwrap().parse().unwrap());
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    if status != 101 && !head.starts_with("HEAD") {
        while buffer.len() < length {
            assert!(input.read_buf(&mut buffer).await.unwrap() > 0, "the body is cut");
        }
    }
    let out = sent.await.unwrap();
    let wire = (status == 101).then(|| {
        let (tell, incoming) = mpsc::unbounded_channel();
        let reader = tokio::spawn(read(input, std::mem::take(&mut buffer), tell));
        Wire { out: Some(out), incoming, reader, peeked: VecDeque::new() }
    });
    (Answer { version, status, headers, body: buffer }, wire)
}

async fn read(mut input: OwnedReadHalf, mut buffer: Vec<u8>, tell: mpsc::UnboundedSender<Seen>) {
    loop {
        while let Some((opcode, head, length)) = frame(&buffer) {
            let payload = buffer[head..head + length].to_vec();
            buffer.drain(..head + length);
            let _ = tell.send(Seen::Frame { opcode, payload });
        }
        match input.read_buf(&mut buffer).await {
            Ok(0) => return drop(tell.send(Seen::End { reset: false })),
            Ok(_) => {}
            Err(_) => return drop(tell.send(Seen::End { reset: true })),
        }
    }
}

/// Opcode, length of the head, length of the payload; when it is all there.
fn frame(buffer: &[u8]) -> Option<(u8, usize, usize)> {
    let (first, second) = (*buffer.first()?, *buffer.get(1)?);
    assert_eq!(first & 0xf0, 0x80, "a relay sends whole messages");
    assert_eq!(second & 0x80, 0, "a relay does not mask");
    let (head, length) = match second {
        126 => (4, usize::from(u16::from_be_bytes(buffer.get(2..4)?.try_into().unwrap()))),
        127 => (10, u64::from_be_bytes(buffer.get(2..10)?.try_into().unwrap()).try_into().unwrap()),
        short => (2, usize::from(short)),
    };
    (buffer.len() >= head + length).then_some((first & 0x0f, head, length))
}

impl Wire {
    /// Writes a masked frame (with a mask of zeros).
    pub async fn frame(&mut self, opcode: u8, fin: bool, payload: &[u8]) {
        let mut bytes = vec![u8::from(fin) << 7 | opcode];
        match payload.len() {
            short @ 0..126 => bytes.push(0x80 | u8::try_from(short).unwrap()),
            middle @ 126..65536 => {
                bytes.push(0x80 | 126);
                bytes.extend(u16::try_from(middle).unwrap().to_be_bytes());
            }
            long => {
                bytes.push(0x80 | 127);
                bytes.extend((long as u64).to_be_bytes());
            }
        }
        bytes.extend([0; 4]);
        bytes.extend(payload);
        self.raw(&bytes).await;
    }

    /// Writes bytes; a connection that the relay has closed takes them silently.
    pub async fn raw(&mut self, bytes: &[u8]) {
        if let Some(out) = &mut self.out
            && out.write_all(bytes).await.is_err()
        {
            self.out = None;
        }
    }

    /// What comes next, within a time.
    pub async fn next(&mut self, within: Duration) -> Option<Seen> {
        if let Some(seen) = self.peeked.pop_front() {
            return Some(seen);
        }
        tokio::time::timeout(within, self.incoming.recv()).await.ok().flatten()
    }

    /// What has come that nobody asked for.
    pub fn pending(&mut self) -> Option<&Seen> {
        if self.peeked.is_empty()
            && let Ok(seen) = self.incoming.try_recv()
        {
            self.peeked.push_back(seen);
        }
        self.peeked.front()
    }
}
