"""The job usage_forecasts: backtests, champions, tables, saved models."""
