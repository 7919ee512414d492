# /me: who somebody is here.

me-command =
    .description = Your twin, balance, allowance and language
    .language = The language I answer you in

me-member = You are { $name }
me-owner = You are { $name }, the owner
me-sponsored = Everybody here acts with the operator’s twin.
me-twin = Twin
me-twin-id = { $id }
me-twin-none = none yet; it is made with your first deployment
me-balance = Balance
me-kyc = Identity check
me-kyc-verified = passed
me-kyc-unverified = not begun
me-kyc-rejected = turned down
me-kyc-pending = being looked at
me-kyc-silent = not known; the service does not answer just now
me-address = Address on the chain, to send TFT to:
me-chain-silent = The chain does not answer just now, so your twin and balance are not known.
me-nodes = Nodes
me-vcpu = Virtual CPUs
me-memory = Memory, GB
me-disk = Disk, GB
me-month = TFT a month
me-language = Language
me-language-en = English
me-language-fr = Français
me-language-other = { $tag }
me-language-set = From here on I answer you in { $language }
