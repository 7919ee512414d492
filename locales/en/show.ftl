# /show: one node as it is now.

show-command =
    .description = One of your nodes as it is now
    .name = Which one

show-which = Which one?
