# Who someone is, and how much they may use.

people-over-what = Not started: this would be more than you may use.
people-over-nodes = It takes { $asked ->
    [one] one node
   *[other] { $asked } nodes
  }; you have { $left } of { $of } left.
people-over-vcpu = It takes { $asked } virtual CPUs; you have { $left } of { $of } left.
people-over-memory = It takes { $asked } GB of memory; you have { $left } of { $of } GB left.
people-over-disk = It takes { $asked } GB of disk; you have { $left } of { $of } GB left.
people-over-tft = It costs about { $asked } TFT a month; you have { $left } of { $of } TFT left.
people-over-more = Stop one that you no longer need, choose a smaller size, or ask whoever runs this bot for more.
people-over-renews = What your stopped ones cost this month stops counting on { $date }.
people-over-list = Show mine
