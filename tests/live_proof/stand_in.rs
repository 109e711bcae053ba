//! A service on loopback whose answers are a function of the request, and which keeps what it was asked. Plain threads and plain
//! HTTP/1.1, so that it shares no code with the client it judges.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(self.target.as_str(), |(path, _)| path)
    }

    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

pub fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// How an answer ends on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Whole,
    /// The connection closes after half of the body that was promised.
    Half,
    /// The connection closes without a word.
    Nothing,
}

#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub ending: Ending,
}

impl Response {
    pub fn json(status: u16, body: impl ToString) -> Self {
        Self::of("application/json", status, body.to_string().into_bytes())
    }

    pub fn html(status: u16, body: &str) -> Self {
        Self::of("text/html", status, body.as_bytes().to_vec())
    }

    fn of(kind: &str, status: u16, body: Vec<u8>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), kind.to_owned())],
            body,
            ending: Ending::Whole,
        }
    }

    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    pub fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }
}

/// Ends with the value.
pub struct StandIn {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Request>>>,
    stopped: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
}

impl StandIn {
    pub fn start(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stopped = Arc::new(AtomicBool::new(false));
        let answer: Arc<dyn Fn(&Request) -> Response + Send + Sync> = Arc::new(answer);
        let (log, stop) = (seen.clone(), stopped.clone());
        let listening = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (answer, log) = (answer.clone(), log.clone());
                // Ends when the client closes, or with the test.
                std::thread::spawn(move || drop(serve(stream, &*answer, &log)));
            }
        });
        Self { address, seen, stopped, listening: Some(listening) }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request since the start or since the last call, in the order in which they came in.
    pub fn take_seen(&self) -> Vec<Request> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener.
        drop(TcpStream::connect(self.address));
        if let Some(listening) = self.listening.take() {
            drop(listening.join());
        }
    }
}

fn serve(
    stream: TcpStream,
    answer: &(dyn Fn(&Request) -> Response + Send + Sync),
    seen: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader)? {
        seen.lock().unwrap().push(request.clone());
        let response = answer(&request);
        let mut bytes = format!("HTTP/1.1 {} Status\r\n", response.status).into_bytes();
        for (name, value) in &response.headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", response.body.len()).as_bytes());
        match response.ending {
            Ending::Whole => bytes.extend_from_slice(&response.body),
            Ending::Half => bytes.extend_from_slice(&response.body[..response.body.len() / 2]),
            Ending::Nothing => bytes.clear(),
        }
        writer.write_all(&bytes)?;
        if response.ending != Ending::Whole {
            return Ok(());
        }
    }
    Ok(())
}

fn read(reader: &mut impl BufRead) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().unwrap_or("").to_owned(), words.next().unwrap_or("").to_owned());
    let headers = read_headers(reader)?;
    let length = header(&headers, "content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Request { method, target, headers, body }))
}

fn read_headers(reader: &mut impl BufRead) -> std::io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim_end().is_empty() {
            return Ok(headers);
        }
        if let Some((name, value)) = line.trim_end().split_once(':') {
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
    }
}

/// Passes a request on to a server of plain HTTP on loopback, with these headers besides its own.
pub fn pass_on(to: SocketAddr, request: &Request, more: &[(&str, &str)]) -> std::io::Result<Response> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut bytes =
        format!("{} {} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\n", request.method, request.target);
    let kept =
        |name: &str| !["host", "connection", "content-length"].contains(&name.to_ascii_lowercase().as_str());
    for (name, value) in request.headers.iter().filter(|(name, _)| kept(name)) {
        bytes.push_str(&format!("{name}: {value}\r\n"));
    }
    for (name, value) in more {
        bytes.push_str(&format!("{name}: {value}\r\n"));
    }
    bytes.push_str(&format!("content-length: {}\r\n\r\n", request.body.len()));
    stream.write_all(bytes.as_bytes())?;
    stream.write_all(&request.body)?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split_whitespace().nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| std::io::Error::other(format!("no status in {line:?}")))?;
    let headers = read_headers(&mut reader)?;
    let mut body = Vec::new();
    match header(&headers, "content-length").and_then(|value| value.parse::<usize>().ok()) {
        Some(length) => {
            body.resize(length, 0);
            reader.read_exact(&mut body)?;
        }
        None => drop(reader.read_to_end(&mut body)?),
    }
    let kept = |name: &str| {
        !["connection", "content-length", "keep-alive", "transfer-encoding"]
            .contains(&name.to_ascii_lowercase().as_str())
    };
    let headers = headers.into_iter().filter(|(name, _)| kept(name)).collect();
    Ok(Response { status, headers, body, ending: Ending::Whole })
}
