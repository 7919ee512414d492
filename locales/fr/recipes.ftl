# What can be deployed: a title and one sentence for each file in recipes/.

recipes-casper-title = Casper
recipes-casper-about = Un nœud du réseau Casper, avec sa page d’état sur une adresse web.
recipes-vm-title = Machine simple
recipes-vm-about = Ubuntu 24.04 et rien d’autre, joignable par Mycelium.

# /recipes
recipes-command = recettes
    .description = Ce qui peut être déployé, et en quelles tailles
recipes-list = Voici ce qui peut être déployé ici
recipes-size = { $name } : { $cpu } vCPU, { $memory } Go de mémoire, { $disk } Go de disque
recipes-unproven = Pas encore vu en marche sur cette grille.
recipes-deploy = Déployer { $recipe }
