//! What every way of starting Bellhop needs: a folder, a grid, and the root secret.

use crate::clock::Dice;
use crate::config::{Config, Env, temporary_folder};
use crate::grid::Network;
use crate::secret::Root;
use anyhow::{Context, Result, bail};
use etcetera::BaseStrategy;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A folder that is kept, or one that ends with the program.
pub enum Folder {
    /// Kept.
    Kept(PathBuf),
    /// Removed when dropped.
    Passing(PathBuf),
}

impl Folder {
    /// Where it is.
    pub fn path(&self) -> &Path {
        match self {
            Self::Kept(path) | Self::Passing(path) => path,
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Self::Passing(path) = self
            && let Err(error) = std::fs::remove_dir_all(path)
        {
            tracing::warn!(%error, "the temporary folder could not be removed");
        }
    }
}

/// The folder to work in: the one that was named, the user's data folder, or a fresh one.
///
/// # Errors
/// When it cannot be made.
pub fn folder(named: Option<PathBuf>, fresh: bool) -> Result<Folder> {
    let folder = if fresh {
        let name = format!("bellhop-{}-{}", std::process::id(), Dice::system().word(6));
        Folder::Passing(temporary_folder().join(name))
    } else {
        Folder::Kept(match named {
            Some(path) => path,
            None => etcetera::choose_base_strategy()
                .context("there is no home folder; give one with --data")?
                .data_dir()
                .join("bellhop"),
        })
    };
    private_folder(folder.path())?;
    Ok(folder)
}

fn private_folder(path: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.with_context(|| format!("cannot make the folder {}", path.display()))
}

/// Which grid was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GridChoice {
    /// The embedded sandbox.
    Embedded,
    /// One of ThreeFold's.
    Known(String),
    /// A file with addresses.
    File(PathBuf),
}

impl GridChoice {
    /// Reads `--grid`.
    pub fn read(said: Option<&str>) -> Self {
        match said {
            None | Some("sandbox") => Self::Embedded,
            Some(name) if Network::known(name).is_some() => Self::Known(name.to_owned()),
            Some(path) => Self::File(PathBuf::from(path)),
        }
    }
}

/// The addresses of a grid that is not embedded.
///
/// # Errors
/// When there is no such grid, or the file is not a grid's description.
pub fn network(choice: &GridChoice) -> Result<Network> {
    match choice {
        GridChoice::Embedded => bail!("the embedded sandbox has no addresses before it runs"),
        GridChoice::Known(name) => Network::known(name).with_context(|| format!("there is no grid {name}")),
        GridChoice::File(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("{} is neither sandbox, main, test, qa, dev nor a file", path.display()))?;
            serde_json::from_str(&text).with_context(|| {
                format!("{} is not a grid’s description (`bellhop sandbox --json` prints one)", path.display())
            })
        }
    }
}

/// The root secret. A sandbox's is made on the fly and kept in the folder; a real grid's must be given, since
/// people's twins hang on it.
///
/// # Errors
/// When a real grid's is missing, or a file cannot be read or written.
pub fn root(config: &Config, env: &Env, network: &Network, folder: &Path, dice: &Dice) -> Result<Root> {
    if let Some(root) = config.root(env)? {
        return Ok(root);
    }
    if !network.is_sandbox() {
        bail!(
            "the root secret is missing: everybody’s twin on the grid is derived from it.\n\
             Make one with `openssl rand -hex 32 > root.key`, keep a copy where it cannot be lost,\n\
             and name it by BELLHOP_ROOT_FILE or by keys.root_file in the configuration"
        );
    }
    let path = folder.join("sandbox-root");
    match std::fs::read_to_string(&path) {
        Ok(text) => Root::from_hex(&text).with_context(|| format!("{} is not 64 hex digits", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            use std::os::unix::fs::OpenOptionsExt;
            let bytes = dice.bytes::<32>();
            let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            file.write_all(hex::encode(bytes).as_bytes())?;
            file.sync_all()?;
            Ok(Root::new(bytes))
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}
