# /destroy: taking a node down.

destroy-command =
    .description = Take one of your nodes down
    .name = Which one
    .now = Without asking once more

destroy-which = Which one shall be taken down?
destroy-no = Nothing was taken down
destroy-gone = { $name } is gone already; nothing of it is left.
destroy-sure = Take { $name } down?
destroy-what = Its machine and its disk are deleted, for good.
destroy-saves = It stops costing { $hour } an hour.
destroy-yes = Take it down
destroy-keep = Keep it
