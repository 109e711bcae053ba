//! A host on loopback that answers byte by byte as it is told, so that an answer can break anywhere.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    /// A field of the query or of the form.
    pub fn field(&self, name: &str) -> Option<String> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let pairs = query.split('&').chain(self.body.split('&'));
        let value = pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)?.1;
        let url = reqwest::Url::parse(&format!("http://x/?v={value}")).unwrap();
        url.query_pairs().next().map(|(_, value)| value.into_owned())
    }
}

pub enum Step {
    Send(Vec<u8>),
    Wait(Duration),
    /// The connection ends in good order.
    Close,
    /// The connection is reset.
    Reset,
}

/// What a request is answered with; the connection stays open unless a step ends it.
pub type Steps = Vec<Step>;

pub struct StandIn {
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl StandIn {
    pub async fn start(answer: impl FnMut(&Request) -> Steps + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer: Answerer = Arc::new(Mutex::new(Box::new(answer)));
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(connection(stream, Arc::clone(&answer)));
                while connections.try_join_next().is_some() {}
            }
        });
        Self { address, task }
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Answerer = Arc<Mutex<Box<dyn FnMut(&Request) -> Steps + Send>>>;

async fn connection(mut stream: TcpStream, answer: Answerer) {
    let _ = stream.set_nodelay(true);
    let mut read = Vec::new();
    while let Some(request) = next_request(&mut stream, &mut read).await {
        let steps = (answer.lock().unwrap())(&request);
        for step in steps {
            match step {
                Step::Send(bytes) => {
                    if stream.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Step::Wait(time) => tokio::time::sleep(time).await,
                Step::Close => {
                    let _ = stream.shutdown().await;
                    return;
                }
                Step::Reset => {
                    let _ = stream.set_zero_linger();
                    return;
                }
            }
        }
    }
}

async fn next_request(stream: &mut TcpStream, read: &mut Vec<u8>) -> Option<Request> {
    let head_end = loop {
        if let Some(at) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        more(stream, read).await?;
    };
    let head = String::from_utf8(read[..head_end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let mut request = Request { method, target, headers, body: String::new() };
    let length: usize = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    while read.len() < head_end + 4 + length {
        more(stream, read).await?;
    }
    request.body = String::from_utf8(read[head_end + 4..head_end + 4 + length].to_vec()).unwrap();
    read.drain(..head_end + 4 + length);
    Some(request)
}

async fn more(stream: &mut TcpStream, read: &mut Vec<u8>) -> Option<()> {
    let mut buffer = [0_u8; 4096];
    match stream.read(&mut buffer).await {
        Ok(0) | Err(_) => None,
        Ok(count) => {
            read.extend_from_slice(&buffer[..count]);
            Some(())
        }
    }
}

/// How the end of a body is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    Length,
    Chunks,
    /// By the end of the connection.
    Close,
}

/// An answer with its bytes in one piece.
pub fn message(status: u16, headers: &[(&str, String)], body: &str, framing: Framing) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status} Because\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let body = body.as_bytes();
    let (head, body) = match framing {
        Framing::Length => (format!("Content-Length: {}", body.len()), body.to_vec()),
        Framing::Close => ("Connection: close".to_owned(), body.to_vec()),
        Framing::Chunks => {
            let mut framed = Vec::new();
            for chunk in body.chunks(37) {
                framed.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                framed.extend_from_slice(chunk);
                framed.extend_from_slice(b"\r\n");
            }
            framed.extend_from_slice(b"0\r\n\r\n");
            ("Transfer-Encoding: chunked".to_owned(), framed)
        }
    };
    text.push_str(&head);
    text.push_str("\r\n\r\n");
    [text.into_bytes(), body].concat()
}

pub fn json(status: u16, headers: &[(&str, String)], body: &str) -> Steps {
    let mut all = vec![("Content-Type", "application/json".to_owned())];
    all.extend(headers.iter().cloned());
    vec![Step::Send(message(status, &all, body, Framing::Length))]
}
