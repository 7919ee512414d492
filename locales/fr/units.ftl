# Quantités, en formes brèves.

units-seconds = { $seconds } s
units-minutes = { $minutes } min
units-minutes-seconds = { $minutes } min { $seconds } s
units-hours = { $hours } h
units-hours-minutes = { $hours } h { $minutes } min
units-days = { $days } j
units-days-hours = { $days } j { $hours } h
units-tft = { $amount } TFT
units-usd = { $amount } USD
units-moment = { $time } UTC
units-day = { $time } UTC
