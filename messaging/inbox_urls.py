from django.urls import path
from rest_framework.routers import SimpleRouter

from messaging import inbox_api, pages, questions_api

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("api/user/quick-replies", questions_api.QuickReplyViewSet, basename="api-quick-reply")

urlpatterns = [
    path("user/inbox", pages.inbox, name="inbox"),
    path("api/user/inbox", inbox_api.ListView.as_view(), name="api-inbox"),
    path("api/user/inbox/counts", inbox_api.CountsView.as_view(), name="api-inbox-counts"),
    path("api/user/inbox/stream", inbox_api.InboxStreamView.as_view(), name="api-inbox-stream"),
    path("api/user/inbox/<int:pk>", inbox_api.DetailView.as_view(), name="api-inbox-detail"),
    path("api/user/inbox/<int:pk>/messages", inbox_api.MessagesView.as_view(), name="api-inbox-messages"),
    path("api/user/inbox/<int:pk>/notes", inbox_api.NotesView.as_view(), name="api-inbox-notes"),
    path("api/user/inbox/<int:pk>/products", inbox_api.ProductsView.as_view(), name="api-inbox-products"),
    path("api/user/inbox/<int:pk>/slots", inbox_api.SlotsView.as_view(), name="api-inbox-slots"),
    path("api/user/inbox/<int:pk>/templates", inbox_api.TemplatesView.as_view(), name="api-inbox-templates"),
    path("api/user/inbox/<int:pk>/take-over", inbox_api.TakeOverView.as_view(), name="api-inbox-take-over"),
    path("api/user/inbox/<int:pk>/hand-back", inbox_api.HandBackView.as_view(), name="api-inbox-hand-back"),
    path("api/user/inbox/<int:pk>/read", inbox_api.ReadView.as_view(), name="api-inbox-read"),
    path("api/user/unanswered", questions_api.UnansweredView.as_view(), name="api-unanswered"),
    path("api/user/unanswered/<int:pk>/dismiss", questions_api.DismissView.as_view(), name="api-unanswered-dismiss"),
    path("api/user/unanswered/<int:pk>/restore", questions_api.RestoreView.as_view(), name="api-unanswered-restore"),
    path("api/user/attachments/<int:pk>", inbox_api.AttachmentView.as_view(), name="api-attachment"),
    *router.urls,
]
