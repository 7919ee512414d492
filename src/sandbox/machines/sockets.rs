//! The machines on real sockets of this computer: loopback addresses only.
//!
//! Listeners follow the book: bound when a machine's port opens, dropped when it goes. Mycelium addresses and
//! the ports that need root are answered at their [doorstep](crate::grid::doorstep). A port that cannot be bound
//! is logged, and tried again while another process has it.

use super::{MachineId, Machines, Port, Running, WITNESSES, witness};
use crate::grid::doorstep;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header::HOST};
use axum::response::Response;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long until a taken address is tried again.
const AGAIN: Duration = Duration::from_secs(3);

fn response(answer: super::Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = axum::http::StatusCode::from_u16(answer.status).unwrap_or_default();
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) =
            (axum::http::HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value))
        {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Silence: the client's own time runs out.
async fn never() -> Response {
    std::future::pending().await
}

impl Machines {
    /// Serves all machines and the reference nodes until `stop`.
    pub async fn serve(&self, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        for (index, address) in WITNESSES.into_iter().enumerate() {
            self.open(address.into(), &witness(index), &tasks, &stop);
        }
        let mut open: HashMap<MachineId, (IpAddr, CancellationToken)> = HashMap::new();
        let mut changed = self.0.changed.subscribe();
        loop {
            let wanted: HashMap<MachineId, (IpAddr, Running)> = {
                let book = self.book();
                let living = book.machines.iter().filter_map(|(id, machine)| {
                    let public = machine.public.filter(Ipv4Addr::is_loopback).map(IpAddr::from);
                    let host = public.or(machine.mycelium.map(IpAddr::from))?;
                    let dead = book.dead.contains(&host.to_string());
                    (!dead).then(|| (id.clone(), (host, self.running(machine, id))))
                });
                living.collect()
            };
            open.retain(|id, (host, token)| {
                let stays = wanted.get(id).is_some_and(|(wanted, _)| wanted == host);
                if !stays {
                    token.cancel();
                }
                stays
            });
            for (id, (host, running)) in wanted {
                open.entry(id).or_insert_with(|| {
                    let token = stop.child_token();
                    self.open(host, &running, &tasks, &token);
                    (host, token)
                });
            }
            tokio::select! {
                () = stop.cancelled() => break,
                done = changed.changed() => if done.is_err() { break },
            }
        }
        tasks.close();
        tasks.wait().await;
    }

    /// Listens on all ports of a machine, at its own address and at its [doorstep].
    fn open(&self, host: IpAddr, running: &Running, tasks: &TaskTracker, stop: &CancellationToken) {
        for (number, port) in running.ports() {
            let own = SocketAddr::new(host, number);
            for at in doorstep(own).into_iter().chain([own]).filter(|at| at.ip().is_loopback()) {
                let (machines, stop, opens) = (self.clone(), stop.clone(), running.opens(number));
                tasks.spawn(async move {
                    let serve = async {
                        machines.0.clock.until(opens).await;
                        if let Some(listener) = bind(at).await {
                            machines.listen(listener, own, port).await;
                        }
                    };
                    stop.run_until_cancelled(serve).await;
                });
            }
        }
    }

    async fn listen(&self, listener: TcpListener, own: SocketAddr, port: Port) {
        if port == Port::Http {
            let machines = self.clone();
            let router = Router::new().fallback(move |request: Request| async move {
                let path = request.uri().path().to_owned();
                match machines.ask(&own.ip().to_string(), own.port(), request.method().as_str(), &path).await {
                    Some(answer) => response(answer),
                    None => never().await,
                }
            });
            if let Err(error) = axum::serve(listener, router).await {
                tracing::warn!(%own, %error, "a machine's port has closed");
            }
            return;
        }
        loop {
            let Ok((mut connection, _)) = listener.accept().await else { continue };
            if let Port::Banner(text) = port {
                // Whoever hangs up first does not hear it: nothing to do about that.
                let _ = tokio::time::timeout(AGAIN, connection.write_all(text.as_bytes())).await;
            }
        }
    }

    /// Answers for all web names on one address (the `Host` header tells which); returns the address.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn serve_names(&self, at: SocketAddr, stop: CancellationToken) -> io::Result<SocketAddr> {
        async fn name(State(machines): State<Machines>, request: Request) -> Response {
            let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
            let path = request.uri().path().to_owned();
            match machines.ask_name(&host, request.method().as_str(), &path).await {
                Some(answer) => response(answer),
                None => never().await,
            }
        }
        let listener = TcpListener::bind(at).await?;
        let bound = listener.local_addr()?;
        let router = Router::new().fallback(name).with_state(self.clone());
        tokio::spawn(async move {
            stop.run_until_cancelled(async { axum::serve(listener, router).await }).await;
        });
        Ok(bound)
    }
}

/// Binds, waiting while another process has the address; `None` when that cannot help.
async fn bind(at: SocketAddr) -> Option<TcpListener> {
    loop {
        match TcpListener::bind(at).await {
            Ok(listener) => return Some(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                tracing::debug!(%at, "taken by another process; trying again");
                tokio::time::sleep(AGAIN).await;
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && at.port() < 1024 => {
                tracing::debug!(%at, "needs root; the doorstep will do");
                return None;
            }
            Err(error) => {
                tracing::warn!(%at, %error, "this port of a machine cannot be opened here");
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Machine, Software};
    use super::*;
    use crate::clock::Clock;
    use crate::grid::{ContractId, NodeId, TwinId};
    use crate::sandbox::fault::Faults;
    use tokio::io::AsyncReadExt as _;
    use tokio::net::TcpStream;

    #[tokio::test]
    async fn listeners_come_and_go_with_their_machine() {
        let address = Ipv4Addr::new(127, 99, 1, 7);
        let clock = Clock::system();
        let machines = Machines::new(clock.clone(), Faults::default(), 1000);
        let stop = CancellationToken::new();
        let serving = tokio::spawn({
            let (machines, stop) = (machines.clone(), stop.clone());
            async move { machines.serve(stop).await }
        });
        let id = (ContractId(1), "vm".to_owned());
        machines.start(
            id.clone(),
            Machine {
                node: NodeId(1),
                twin: TwinId(1),
                software: Software::Casper,
                public: Some(address),
                private: Vec::new(),
                mycelium: None,
                hostname: "x".to_owned(),
                since: clock.now(),
            },
        );
        let get = || async {
            let mut stream = TcpStream::connect((address, 8888)).await.ok()?;
            stream.write_all(b"GET /status HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.ok()?;
            let mut text = String::new();
            stream.read_to_string(&mut text).await.ok()?;
            Some(text)
        };
        let answered = async {
            loop {
                if let Some(text) = get().await {
                    return text;
                }
                tokio::task::yield_now().await;
            }
        };
        let text = tokio::time::timeout(Duration::from_secs(10), answered).await.unwrap();
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.contains("content-type: application/json"), "{text}");
        machines.stop(&id);
        let gone = async {
            while TcpStream::connect((address, 8888)).await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), gone).await.unwrap();
        stop.cancel();
        serving.await.unwrap();
    }

    #[tokio::test]
    async fn a_machine_on_mycelium_only_is_found_at_its_doorstep() {
        let clock = Clock::system();
        let machines = Machines::new(clock.clone(), Faults::default(), 1000);
        let stop = CancellationToken::new();
        let serving = tokio::spawn({
            let (machines, stop) = (machines.clone(), stop.clone());
            async move { machines.serve(stop).await }
        });
        let mycelium: std::net::Ipv6Addr = "4f5:1:2:3:ff0f::7".parse().unwrap();
        machines.start(
            (ContractId(2), "vm".to_owned()),
            Machine {
                node: NodeId(1),
                twin: TwinId(1),
                software: Software::Plain,
                public: None,
                private: Vec::new(),
                mycelium: Some(mycelium),
                hostname: "x".to_owned(),
                since: clock.now(),
            },
        );
        let door = doorstep(SocketAddr::from((mycelium, 22))).unwrap();
        let hello = async {
            loop {
                let mut text = String::new();
                if let Ok(mut stream) = TcpStream::connect(door).await
                    && stream.read_to_string(&mut text).await.is_ok()
                {
                    return text;
                }
                tokio::task::yield_now().await;
            }
        };
        let text = tokio::time::timeout(Duration::from_secs(10), hello).await.unwrap();
        assert!(text.starts_with("SSH-2.0-"), "{text}");
        stop.cancel();
        serving.await.unwrap();
    }
}
