# Choisir l’un des nœuds de quelqu’un.

named-choice = { $name }
named-unknown = Vous n’avez pas de nœud nommé « { $name } »
named-meant = Vouliez-vous dire { $name } ?
named-known = Vous avez : { $names }.
named-list = Montrer les miens
named-none = Vous n’avez pas de nœud
named-none-why = Il n’y a encore rien à montrer ni à arrêter.
