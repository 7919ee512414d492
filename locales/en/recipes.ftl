# What can be deployed: a title and one sentence for each file in recipes/.

recipes-casper-title = Casper
recipes-casper-about = A node of the Casper network, with its status page on a web address.
recipes-vm-title = Plain machine
recipes-vm-about = Ubuntu 24.04 and nothing else, reached over Mycelium.

# /recipes
recipes-command =
    .description = What can be deployed, and in which sizes
recipes-list = This can be deployed here
recipes-size = { $name }: { $cpu } vCPU, { $memory } GB of memory, { $disk } GB of disk
recipes-unproven = Not yet seen working on this grid.
recipes-deploy = Deploy { $recipe }
