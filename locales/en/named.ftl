# Choosing one of somebody’s nodes.

named-choice = { $name }
named-unknown = You have no node called “{ $name }”
named-meant = Did you mean { $name }?
named-known = You have: { $names }.
named-list = Show mine
named-none = You have no nodes
named-none-why = There is nothing to show or stop yet.
