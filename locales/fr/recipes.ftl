# What can be deployed: a title and one sentence for each file in recipes/.

recipes-casper-title = Casper
recipes-casper-about = Un nœud du réseau Casper, avec sa page d’état sur une adresse web.
recipes-vm-title = Machine simple
recipes-vm-about = Ubuntu 24.04 et rien d’autre, joignable par Mycelium.
