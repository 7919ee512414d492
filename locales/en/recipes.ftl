# What can be deployed: a title and one sentence for each file in recipes/.

recipes-casper-title = Casper
recipes-casper-about = A node of the Casper network, with its status page on a web address.
recipes-vm-title = Plain machine
recipes-vm-about = Ubuntu 24.04 and nothing else, reached over Mycelium.
