#include "broker/handlers/delete_groups.h"
#include "broker/handlers/wire_code.h"

#include <memory>
#include <utility>

namespace ottla::broker {
namespace {

using protocol::DeleteGroupsRequest;
using protocol::DeleteGroupsResponse;

// A request while its groups are being deleted.
struct GroupDeletion {
  Request<DeleteGroupsRequest> request;
  DeleteGroupsResponse response;
  std::size_t open = 0;
};

}  // namespace

DeleteGroupsResponse refusal(const DeleteGroupsRequest& request, ErrorCode error) {
  DeleteGroupsResponse response;
  for (const auto& id : request.groups_names) response.results.push_back({id, error});
  return response;
}

void handle_delete_groups(Services& services, Request<DeleteGroupsRequest> request) {
  auto deletion = std::make_shared<GroupDeletion>(GroupDeletion{std::move(request), {}, 0});
  const auto& names = deletion->request.message.groups_names;
  deletion->response = refusal(deletion->request.message, ErrorCode::none);
  deletion->open = names.size() + 1;
  const auto one_done = [deletion] {
    if (--deletion->open == 0) deletion->request.answer(deletion->response);
  };
  for (std::size_t i = 0; i < names.size(); ++i) {
    services.groups.delete_group(names[i], [deletion, i, one_done](ErrorCode outcome) {
      deletion->response.results[i].error_code = wire_code(outcome);
      one_done();
    });
  }
  one_done();
}

}  // namespace ottla::broker
