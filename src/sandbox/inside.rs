//! The web of a sandbox without sockets: URLs go straight to the faces and the machines.
//!
//! Knows three kinds of hosts: the faces' own name, names under the gateways' domains, and addresses of
//! machines. Everything else is nowhere. Time limits count on tokio's time, so a test may pause it.

use super::machines::{Answer, Machines};
use super::site::{Site, Visit};
use crate::grid::{GridError, GridResult, Method, Party, Request, Response, Web};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// The host name of the faces of a sandbox in process.
pub(super) const HOST: &str = "faces.sandbox";

/// [`Web`] in process.
pub(super) struct InsideWeb {
    faces: Arc<dyn Site>,
    machines: Machines,
}

impl InsideWeb {
    /// Of these faces and machines.
    pub(super) fn new(faces: Arc<dyn Site>, machines: Machines) -> Self {
        Self { faces, machines }
    }

    async fn exchange(&self, request: &Request) -> Option<Response> {
        let url = url::Url::parse(&request.url).ok()?;
        let (host, port) = (url.host_str()?, url.port_or_known_default()?);
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        if host == HOST {
            let mut headers = request.headers.clone();
            let body = request.body.as_ref().map(ToString::to_string).unwrap_or_default();
            if request.body.is_some() {
                headers.push(("content-type".to_owned(), "application/json".to_owned()));
            }
            let visit = Visit {
                method: method.to_owned(),
                path: url.path().to_owned(),
                query: url.query().unwrap_or_default().to_owned(),
                headers,
                body: body.into_bytes(),
            };
            return self.faces.visit(&visit).await;
        }
        if host.ends_with(".sandbox") {
            return self.machines.ask_name(host, method, url.path()).await.map(response);
        }
        self.machines.ask(host, port, method, url.path()).await.map(response)
    }
}

fn response(answer: Answer) -> Response {
    Response { status: answer.status, headers: answer.headers, body: answer.body }
}

#[async_trait]
impl Web for InsideWeb {
    async fn send(&self, request: Request) -> GridResult<Response> {
        match tokio::time::timeout(request.within, self.exchange(&request)).await {
            Ok(Some(response)) if response.body.len() <= request.max_bytes => Ok(response),
            Ok(Some(_)) => Err(GridError::passing(Party::Web, format!("more than {} bytes", request.max_bytes))),
            Ok(None) => Err(GridError::passing(Party::Web, "no answer: the connection was closed or refused")),
            Err(_) => Err(GridError::passing(Party::Web, format!("no answer within {:?}", request.within))),
        }
    }

    async fn dial(&self, address: &str, within: Duration) -> GridResult<()> {
        let parts = address.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
        let Some((host, port)) = parts else {
            return Err(GridError::passing(Party::Web, format!("not an address: {address}")));
        };
        match tokio::time::timeout(within, self.machines.dials(host, port)).await {
            Ok(true) => Ok(()),
            _ => Err(GridError::passing(Party::Web, format!("{address} does not take connections"))),
        }
    }
}
