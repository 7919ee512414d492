//! A [`Site`] behind a socket: HTTP/1.1 on loopback.
//!
//! On hyper itself, since a face must be able to close a connection without an answer, which axum has no word
//! for. Bodies are bounded, and so is a slow sender's time.

use super::site::{Site, Visit};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The largest body that is read.
const BODY: usize = 1 << 20;
/// How long a client may take to send its headers, or its body.
const PATIENCE: Duration = Duration::from_secs(30);

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("closed without an answer")]
struct Closed;

/// Serves `site` at `addr` (port 0: any) until `stop`; gives the address that it got.
///
/// # Errors
/// When the address is not on loopback, or cannot be bound.
pub async fn serve(addr: SocketAddr, site: Arc<dyn Site>, stop: CancellationToken) -> io::Result<SocketAddr> {
    if !addr.ip().is_loopback() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{addr} is not on loopback")));
    }
    let listener = TcpListener::bind(addr).await?;
    let addr = listener.local_addr()?;
    tokio::spawn(async move {
        let accepted = stop.clone().run_until_cancelled_owned(accept(listener, site, stop));
        accepted.await
    });
    Ok(addr)
}

async fn accept(listener: TcpListener, site: Arc<dyn Site>, stop: CancellationToken) {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // Out of file handles, or the peer was gone before it was met: neither ends the listener.
            Err(error) => {
                tracing::debug!(%error, "accept");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let site = site.clone();
        let service = hyper::service::service_fn(move |request| answer(site.clone(), request));
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .serve_connection(TokioIo::new(stream), service);
        tokio::spawn(stop.clone().run_until_cancelled_owned(async move {
            if let Err(error) = connection.await {
                tracing::trace!(%error, "connection");
            }
        }));
    }
}

async fn answer(
    site: Arc<dyn Site>,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Closed> {
    let (head, body) = request.into_parts();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers: Vec<(String, String)> =
        head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let body = tokio::time::timeout(PATIENCE, Limited::new(body, BODY).collect()).await.map_err(|_| Closed)?;
    let visit = Visit {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        body: body.map_err(|_| Closed)?.to_bytes().to_vec(),
        headers,
    };
    let response = site.visit(&visit).await.ok_or(Closed)?;
    let mut answer = hyper::Response::new(Full::new(Bytes::from(response.body)));
    *answer.status_mut() = hyper::StatusCode::from_u16(response.status).map_err(|_| Closed)?;
    for (name, value) in &response.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            answer.headers_mut().append(name, value);
        }
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Response;
    use crate::sandbox::site;
    use async_trait::async_trait;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    struct Echo;

    #[async_trait]
    impl Site for Echo {
        async fn visit(&self, visit: &Visit) -> Option<Response> {
            (visit.path != "/gone")
                .then(|| site::text(200, &format!("{} {} {}", visit.method, visit.path, visit.body.len())))
        }
    }

    async fn exchange(addr: SocketAddr, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(addr).await.expect("connects");
        stream.write_all(request).await.expect("sends");
        let mut answer = Vec::new();
        // A server that has had enough may reset the connection; what came before that counts.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).expect("text")
    }

    #[tokio::test]
    async fn answers_closes_and_stops() {
        let stop = CancellationToken::new();
        let addr =
            serve("127.0.0.1:0".parse().expect("an address"), Arc::new(Echo), stop.clone()).await.expect("binds");
        let asked = b"POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
        let answer = exchange(addr, asked).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.ends_with("POST /a 2"), "{answer}");
        assert_eq!(exchange(addr, b"GET /gone HTTP/1.1\r\nHost: x\r\n\r\n").await, "");
        let mut long = format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", BODY + 1).into_bytes();
        long.resize(long.len() + BODY + 1, b'a');
        assert_eq!(exchange(addr, &long).await, "");
        stop.cancel();
        while TcpStream::connect(addr).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn only_on_loopback() {
        let refused = serve("0.0.0.0:0".parse().expect("an address"), Arc::new(Echo), CancellationToken::new()).await;
        assert_eq!(refused.expect_err("refused").kind(), io::ErrorKind::InvalidInput);
    }
}
