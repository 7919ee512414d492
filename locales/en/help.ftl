# /help: what can be asked.

help-command =
    .description = What you can ask here
    .command = One command, explained

help-which = Help with what?
help-all = This is what you can ask
help-more = /help and a command’s name explains it. What you leave out, I ask.
help-name = { $name }
