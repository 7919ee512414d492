# /show : un nœud tel qu’il est maintenant.

show-command =
    .description = L’un de vos nœuds tel qu’il est maintenant
    .name = Lequel

show-which = Lequel ?
