# /list: what somebody has running.

list-command =
    .description = Your nodes

list-none = You have no nodes yet
list-some = { $count ->
    [one] You have one node
   *[other] You have { $count } nodes
  }
list-deploy = Deploy one
list-name = { $name }
list-entry = { $stage } · { $recipe }, { $size } · { $place }
list-cost = In all { $hour } an hour.
list-starting = starting
list-running = runs
list-stopping = being taken down
list-unknown = of an unknown kind
list-nowhere = no place yet
