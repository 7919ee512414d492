//! Connections: accepting them, limits, and faults, which may cut one in the middle of a call.

use crate::sandbox::fault::{Effect, Face, Faults};
use jsonrpsee::Methods;
use jsonrpsee::core::middleware::{Batch, Notification, RpcServiceBuilder, RpcServiceT};
use jsonrpsee::server::{
    BatchRequestConfig, MethodResponse, Server, ServerConfig, serve_with_graceful_shutdown, stop_channel,
};
use jsonrpsee::types::{ErrorObjectOwned, Request};
use std::future::{Future, pending};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// The longest request: an extrinsic in hex, and some room.
const MAX_REQUEST: u32 = 2 * 1024 * 1024;
/// The longest answer: the metadata in hex, and room for pages of keys.
const MAX_RESPONSE: u32 = 16 * 1024 * 1024;
/// How many clients at once.
const MAX_CONNECTIONS: u32 = 200;

/// Serves connections until told to stop.
pub async fn accept(listener: TcpListener, methods: Methods, faults: Faults, stop: CancellationToken) {
    let config = ServerConfig::builder()
        .max_request_body_size(MAX_REQUEST)
        .max_response_body_size(MAX_RESPONSE)
        .max_connections(MAX_CONNECTIONS)
        .set_batch_request_config(BatchRequestConfig::Limit(100))
        .build();
    // Connections end by their tokens; the handle lives as long as this loop.
    let (stopped, _handle) = stop_channel();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "the sandbox's chain could not accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let cut = stop.child_token();
        let faulty = (faults.clone(), cut.clone());
        let middleware = RpcServiceBuilder::new().layer_fn(move |inner| {
            let (faults, cut) = faulty.clone();
            Faulty { inner, faults, cut }
        });
        let service = Server::builder()
            .set_config(config.clone())
            .set_rpc_middleware(middleware)
            .to_service_builder()
            .build(methods.clone(), stopped.clone());
        let stopped = stopped.clone();
        let stream = Cuttable { stream, cut: Box::pin(cut.cancelled_owned()) };
        tokio::spawn(async move {
            // How a connection ends is the client's business.
            let _ = serve_with_graceful_shutdown(stream, service, stopped.shutdown()).await;
        });
    }
}

/// A connection that can be cut.
struct Cuttable {
    stream: TcpStream,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Cuttable {
    fn is_cut(&mut self, context: &mut Context<'_>) -> Result<(), io::Error> {
        match self.cut.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::ConnectionReset.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl AsyncRead for Cuttable {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.is_cut(context)?;
        Pin::new(&mut self.stream).poll_read(context, to)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        self.is_cut(context)?;
        Pin::new(&mut self.stream).poll_write(context, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.is_cut(context)?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Asks for faults before each call.
#[derive(Clone)]
struct Faulty<S> {
    inner: S,
    faults: Faults,
    cut: CancellationToken,
}

impl<S> RpcServiceT for Faulty<S>
where
    S: RpcServiceT<MethodResponse = MethodResponse> + Clone + Send + Sync + 'static,
{
    type MethodResponse = MethodResponse;
    type NotificationResponse = S::NotificationResponse;
    type BatchResponse = S::BatchResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let Self { inner, faults, cut } = self.clone();
        async move {
            match faults.strike(Face::Chain, request.method_name(), None) {
                None => inner.call(request).await,
                Some(Effect::Delay(millis)) => {
                    tokio::time::sleep(Duration::from_millis(millis)).await;
                    inner.call(request).await
                }
                Some(Effect::Error(text)) => {
                    MethodResponse::error(request.id.clone(), ErrorObjectOwned::owned(-32603, text, None::<()>))
                }
                Some(Effect::Lie(value)) => {
                    let payload = jsonrpsee::ResponsePayload::success(value);
                    MethodResponse::response(request.id.clone(), payload, MAX_RESPONSE as usize)
                }
                Some(Effect::Lose) => {
                    let _ = inner.call(request).await;
                    cut.cancel();
                    pending().await
                }
                Some(Effect::Drop | Effect::Die) => {
                    cut.cancel();
                    pending().await
                }
            }
        }
    }

    fn batch<'a>(&self, requests: Batch<'a>) -> impl Future<Output = Self::BatchResponse> + Send + 'a {
        self.inner.batch(requests)
    }

    fn notification<'a>(&self, n: Notification<'a>) -> impl Future<Output = Self::NotificationResponse> + Send + 'a {
        self.inner.notification(n)
    }
}
