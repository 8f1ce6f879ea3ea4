// WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) with the client offering: a session is a participant whose id the
// server makes. The tracks' names are the offer's mids; what a player receives is `auto`.
#include "api/handlers.hpp"
#include "api/sdp_fragment.hpp"
#include "api/service.hpp"

namespace tutti::api::handlers {
namespace {

constexpr char kSdp[] = "application/sdp";
constexpr char kFragment[] = "application/trickle-ice-sdpfrag";

std::string_view path_of(WhipKind kind) { return kind == WhipKind::kWhip ? "/v1/whip/" : "/v1/whep/"; }

void start(WhipKind kind, Service& service, const Request& request, Respond respond) {
  if (service.draining()) return respond(draining_response());
  if (!accepts(request.accept, kSdp)) {
    return respond(problem_response(406, "not-acceptable", "The answer is application/sdp."));
  }
  if (request.body.empty()) return respond(problem_response(400, "sdp-invalid", "The body must be an SDP offer."));
  const RoomId room(request.params[0]);
  const ParticipantId id((kind == WhipKind::kWhip ? "whip-" : "whep-") + service.random().token(20));
  room::Join join;
  join.room = room;
  join.participant = id;
  join.transport = room::WebrtcJoin{request.body, {}, request.client.ip.is_loopback()};
  WhipSession session;
  session.kind = kind;
  session.ufrag = sdp_attribute(request.body, "ice-ufrag").value_or("");
  session.token = service.random().token(10);
  service.run<room::JoinReply>(
      std::move(join), std::move(respond), [&service, room, id, session](const room::JoinReply& reply) {
        WhipSession made = session;
        made.section = first_section_candidates(reply.answer);
        Response response;
        response.status = 201;
        response.content_type = kSdp;
        response.body = reply.answer;
        response.with("Location", std::string(path_of(made.kind)) + room.str() + "/" + id.str())
            .with("ETag", made.etag())
            .with("Accept-Patch", kFragment);
        service.whip().add(room, id, std::move(made));
        return response;
      });
}

Response no_session() {
  return problem_response(404, "session-not-found", "There is no such session, or it has ended.");
}

void restart(WhipKind kind, Service& service, const RoomId& room, const ParticipantId& id, IceFragment fragment,
             Respond respond) {
  room::RestartIce command{room, id, fragment.ufrag, fragment.pwd};
  service.run<room::IceCredentials>(std::move(command), std::move(respond),
                                    [&service, kind, room, id, fragment](const room::IceCredentials& ours) {
                                      WhipSession* session = service.whip().find(kind, room, id);
                                      if (session == nullptr) return no_session();
                                      session->ufrag = fragment.ufrag;
                                      ++session->generation;
                                      Response response;
                                      response.content_type = kFragment;
                                      response.body = restart_fragment(ours.ufrag, ours.pwd, session->section);
                                      return response.with("ETag", session->etag());
                                    });
}

// RFC 9725 §4.3: a fragment with the session's own ufrag trickles candidates, one with another restarts ICE.
void patch(WhipKind kind, Service& service, const Request& request, Respond respond) {
  const RoomId room(request.params[0]);
  const ParticipantId id(request.params[1]);
  const WhipSession* session = service.whip().find(kind, room, id);
  if (session == nullptr) return respond(no_session());
  if (request.if_match && *request.if_match != "*" && *request.if_match != session->etag()) {
    return respond(
        problem_response(412, "ice-session-changed", "If-Match names another ICE session than the current one."));
  }
  const auto fragment = parse_ice_fragment(request.body);
  if (!fragment) return respond(problem_response(400, "sdp-invalid", "The body must be a trickle-ice-sdpfrag."));
  if (fragment->ufrag.empty() || fragment->ufrag == session->ufrag) {
    // The server is ICE-lite and learns addresses from checks: a candidate tells it nothing.
    Response response;
    response.status = 204;
    return respond(response);
  }
  if (fragment->pwd.empty()) {
    return respond(problem_response(400, "sdp-invalid", "An ICE restart needs ice-pwd beside ice-ufrag."));
  }
  restart(kind, service, room, id, *fragment, std::move(respond));
}

void end(WhipKind kind, Service& service, const Request& request, Respond respond) {
  const RoomId room(request.params[0]);
  const ParticipantId id(request.params[1]);
  if (service.whip().find(kind, room, id) == nullptr) return respond(no_session());
  service.run<room::Done>(room::RemoveParticipant{room, id}, std::move(respond),
                          [&service, room, id](const room::Done&) {
                            service.whip().forget(room, id);
                            return Response();
                          });
}

}  // namespace

void whip_options(Service&, Request request, Respond respond) {
  const bool session = request.params.size() == 2;
  Response response;
  response.status = 204;
  const std::string allow = session ? "PATCH, DELETE, OPTIONS" : "POST, OPTIONS";
  response.with("Allow", allow)
      .with(session ? "Accept-Patch" : "Accept-Post", session ? kFragment : kSdp)
      .with("Access-Control-Allow-Methods", allow)
      .with("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match")
      .with("Access-Control-Max-Age", "86400");
  respond(response);
}

void start_whip(Service& service, Request request, Respond respond) {
  start(WhipKind::kWhip, service, request, std::move(respond));
}
void patch_whip(Service& service, Request request, Respond respond) {
  patch(WhipKind::kWhip, service, request, std::move(respond));
}
void end_whip(Service& service, Request request, Respond respond) {
  end(WhipKind::kWhip, service, request, std::move(respond));
}
void start_whep(Service& service, Request request, Respond respond) {
  start(WhipKind::kWhep, service, request, std::move(respond));
}
void patch_whep(Service& service, Request request, Respond respond) {
  patch(WhipKind::kWhep, service, request, std::move(respond));
}
void end_whep(Service& service, Request request, Respond respond) {
  end(WhipKind::kWhep, service, request, std::move(respond));
}

}  // namespace tutti::api::handlers
