# What is proven of a node, and what keeps it from more.

verify-level-booted = the machine is up
verify-level-answering = answering
verify-level-following = following the network
verify-level-agreed = agreed with others

verify-trouble-unreachable = it does not answer
verify-trouble-wrong-network = it is on another network than it should be
verify-trouble-no-peers = it has not found others to talk to yet
verify-trouble-syncing = it is still catching up
verify-trouble-stalled = its chain has stopped
verify-trouble-behind = it is behind the others
verify-trouble-forked = it has another chain than the others

# /verify: a fresh look from outside.
verify-command =
    .description = Look at one of your nodes afresh, from outside
    .name = Which one

verify-which = Which one shall I look at?
verify-no = There is nothing to look at yet
verify-no-machine = { $name } has no machine that runs.
verify-level = { $name }: { $level }
verify-nothing = { $name }: nothing answers
verify-evidence = { $text }
verify-value-chain = Network
verify-value-state = State
verify-value-peers = Peers
verify-value-height = Height
verify-value-tip = Newest block
verify-value-hash = Its hash
verify-state-initialize = starting ({ $state })
verify-state-catch-up = catching up ({ $state })
verify-state-keep-up = in step ({ $state })
verify-age = { $age } old
verify-number = { $number }
verify-hash = { $start }…
