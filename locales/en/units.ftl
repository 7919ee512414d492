# Amounts. Short forms that read well on a phone.

units-seconds = { $seconds } s
units-minutes = { $minutes } min
units-minutes-seconds = { $minutes } min { $seconds } s
units-hours = { $hours } h
units-hours-minutes = { $hours } h { $minutes } min
units-days = { $days } d
units-days-hours = { $days } d { $hours } h
units-tft = { $amount } TFT
units-usd = { $amount } USD
units-moment = { $time } UTC
units-day = { $time } UTC
