#pragma once

#include <memory>
#include <string>

#include "base/file.h"
#include "tests/simulation/sim_disk.h"

namespace ottla::simulation {

// A directory of a SimDisk, opened in one life of it.
class SimDirectory final : public base::Directory {
 public:
  SimDirectory(SimDisk& disk, std::shared_ptr<SimInode> inode, std::string path);

  Result<std::shared_ptr<base::File>> open(std::string_view name, base::OpenMode mode) override;
  Result<std::unique_ptr<base::Directory>> open_directory(std::string_view name) override;
  Result<std::unique_ptr<base::Directory>> create_directory(std::string_view name) override;
  Result<std::vector<base::DirectoryEntry>> list() const override;
  bool exists(std::string_view name) const override;
  Result<void> rename(std::string_view from, std::string_view to) override;
  Result<void> remove(std::string_view name) override;
  Result<void> sync() override;
  Result<void> sync_file_system() override;
  Result<base::DiskSpace> space() const override { return disk_.space(); }
  Result<std::unique_ptr<base::DirectoryLock>> lock(std::string_view name) override;
  const std::string& path() const override { return path_; }

 private:
  std::string path_of(std::string_view name) const;
  std::shared_ptr<SimInode> find(std::string_view name) const;
  Result<std::shared_ptr<SimInode>> find_or_make(std::string_view name, base::OpenMode mode);
  Result<void> check(std::string_view name, DiskCall call = DiskCall::entry) const;
  Error missing(std::string_view name) const;
  std::unique_ptr<base::Directory> handle(std::shared_ptr<SimInode> inode,
                                          std::string_view name) const;

  SimDisk& disk_;
  std::shared_ptr<SimInode> inode_;
  std::string path_;
  std::uint64_t life_;
};

}  // namespace ottla::simulation
