# /deploy: ordering a node, its plan, and why it cannot be had.

order-recipe = What would you like to run?
order-size = How large?
order-region = Where?
order-name = What shall it be called? (2 to 15 of a-z and 0-9, a letter first)
order-ssh-key = Your public SSH key, for a shell on the machine (a line that begins with ssh-…; “none” for no shell)
order-region-europe = Europe
order-region-americas = The Americas
order-region-asia = Asia
order-region-africa = Africa
order-region-oceania = Oceania
order-region-anywhere = Anywhere
order-region-other = { $region }

order-plan = Ready to start: { $recipe }, { $size }, in { $city }, { $country }, named { $name }
order-plan-country = Ready to start: { $recipe }, { $size }, in { $country }, named { $name }
order-changed = Something changed since you looked: the price rose, or the terms read differently. Please look again.
order-price = { $hour } an hour, about { $month } or { $usd } a month: { $share } % of your monthly allowance.
order-why = Why there: node { $node } of { $farm }, one of { $fitting } that fit and are up. I ask it once more before anything is spent.
order-why-certified = Why there: node { $node } of { $farm } is certified, one of { $fitting } that fit and are up. I ask it once more before anything is spent.
order-time = Usually { $from } to { $to } until it answers.
order-nodes = Nodes with this
order-balance = Your account holds { $have }.
order-new-account = Your account on the grid is made with this first node.
order-unproven = This image was not seen working on this grid yet.
order-terms = Your first node: the grid wants you to accept its terms.
order-terms-link = Terms and conditions
order-accept-and-start = Accept the terms and deploy
order-start = Start it
order-change-size = Change size
order-change-region = Change place
order-change-name = Name and SSH key

order-no = Not started
order-no-recipe = There is no recipe “{ $recipe }”
order-no-recipe-meant = Did you mean { $recipe }?
order-no-recipe-known = There are: { $recipes }.
order-no-size = There are these sizes: { $sizes }.
order-no-name = “{ $name }” cannot be a name: 2 to 15 of a-z and 0-9, a letter first.
order-no-name-taken = You have a node called { $name } already.
order-any-name = Choose a name for me
order-show-it = Show that one
order-no-key = This is not a public SSH key. One begins with ssh-ed25519 or ssh-rsa and ends in .pub when it is a file. Never send a private key or a seed phrase.
order-without-key = Go on without a shell
order-no-unproven = { $recipe } was never seen working on the grid “{ $grid }” (only on: { $proven }). Whoever runs this bot can allow it.
order-no-place = No node fits just now.
order-without-region = { $count ->
    [one] One would fit in another region.
   *[other] { $count } would fit in other regions.
  }
order-without-ipv4 = { $count ->
    [one] One fits otherwise, but has no free public address.
   *[other] { $count } fit otherwise, but have no free public address.
  }
order-without-memory = { $count ->
    [one] One fits otherwise, but has too little free memory.
   *[other] { $count } fit otherwise, but have too little free memory.
  }
order-without-disk = { $count ->
    [one] One fits otherwise, but has too little free disk.
   *[other] { $count } fit otherwise, but have too little free disk.
  }
order-without-cpu = { $count ->
    [one] One fits otherwise, but has too few CPUs.
   *[other] { $count } fit otherwise, but have too few CPUs.
  }
order-no-gateway = Nodes fit, but no gateway, which gives it its web name, is up just now. This passes as a rule within minutes.
order-no-answer = { $count ->
    [one] One node fits, but it did not answer when I asked.
   *[other] Nodes fit, but none of the { $count } that I asked answered.
  } Ask again in a minute: I then ask others.
order-use-region = { $region } instead
order-no-kyc = The grid wants to know who you are before it runs a machine, and your identity check has not been done.
order-no-kyc-pending = Your identity check is still being looked at. Ask again when it is done.
order-no-kyc-rejected = Your identity check was turned down, so the grid will not run a machine for you.
order-no-money = Your account holds { $have }; a day of this node takes { $need }.
order-no-money-send = Send more to this address, then ask again.
