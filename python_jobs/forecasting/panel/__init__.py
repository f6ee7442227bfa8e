"""The forecast of any long frame, daily or hourly, without a warehouse."""

from python_jobs.forecasting.panel.forecast import forecast_panel
from python_jobs.forecasting.panel.models import AUTO

__all__ = ["AUTO", "forecast_panel"]
