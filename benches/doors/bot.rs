//! A bot as a process on a core of its own, and what it costs: processor time and memory, as Linux tells them.
//!
//! Not here: what it is asked.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The core of the bot that is measured; everything else runs on the other one.
const BOTS_CORE: &str = "1";
/// The core of the load.
const LOADS_CORE: &str = "0";

/// Puts this process, with all threads that it will have, on the load's core.
pub fn step_aside() {
    let me = std::process::id().to_string();
    let done = Command::new("taskset").args(["-a", "-p", "-c", LOADS_CORE, &me]).stdout(Stdio::null()).status();
    assert!(done.is_ok_and(|status| status.success()), "taskset is needed, and two cores");
}

/// A running bot.
pub struct Bot {
    child: Child,
}

/// What it has cost so far.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Seconds of a processor.
    pub cpu: f64,
    /// Resident memory, MB.
    pub memory: f64,
}

impl Bot {
    /// Starts `command` on the bot's core; what it says goes to `log`.
    pub fn start(mut command: Vec<String>, env: &[(&str, String)], log: &Path) -> Self {
        let program = command.remove(0);
        let out = std::fs::File::create(log).expect("a log");
        let err = out.try_clone().expect("a log");
        let child = Command::new("taskset")
            .args(["-c", BOTS_CORE, &program])
            .args(&command)
            .envs(env.iter().map(|(name, value)| (*name, value.as_str())))
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .expect("it starts");
        Self { child }
    }

    /// What it has cost so far.
    pub fn cost(&self) -> Cost {
        let id = self.child.id();
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // After the name in brackets: field 3 is the state; 14 and 15 are user and system time in hundredths.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()).and_then(|text| text.parse::<f64>().ok());
        Cost { cpu: (ticks(11) + ticks(12)) / 100.0, memory: kilobytes.unwrap_or(0.0) / 1024.0 }
    }

    /// Asks it to end, and waits; in the end by force.
    pub async fn stop(mut self) {
        let id = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        for _ in 0..100 {
            if let Ok(Some(_)) = self.child.try_wait() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
