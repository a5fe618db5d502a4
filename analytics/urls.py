from django.urls import path

from analytics import api, pages

urlpatterns = [
    path("user/analytics", pages.analytics, name="analytics"),
    path("api/user/analytics", api.AnalyticsView.as_view(), name="api-analytics"),
    path("api/user/analytics/export", api.ExportView.as_view(), name="api-analytics-export"),
    path("api/user/analytics/report", api.ReportView.as_view(), name="api-analytics-report"),
    path("api/user/chat/stats", api.StatsView.as_view(), name="api-chat-stats"),
    path("api/user/chat/activity", api.ActivityView.as_view(), name="api-chat-activity"),
]
