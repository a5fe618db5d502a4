from django.urls import path

from agenda.calendar.api import CalendarView, FeedView, show_feed

urlpatterns = [
    path("api/user/personal/calendar", CalendarView.as_view(), name="api-calendar"),
    path("api/user/personal/calendar/feed", FeedView.as_view(), name="api-calendar-feed"),
    path("calendar/<str:token>.ics", show_feed, name="calendar-feed"),
]
