# /show : un nœud tel qu’il est maintenant.

show-command = montrer
    .description = L’un de vos nœuds tel qu’il est maintenant
    .name = Lequel
    .name-name = nom

show-which = Lequel ?
