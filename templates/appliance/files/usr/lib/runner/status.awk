# One status document. Input: the runner's metrics, or nothing. Exit status 10: the runner polls.
function seconds(name,    value) {
	value = "null"
	getline value < ("/run/runner-boot/" name)
	return value
}
# What the disk guard did last: when, and how many bytes it freed.
function guard(    line, field) {
	getline line < "/run/runner-status/guard"
	return split(line, field, " ") == 2 ? sprintf("{\"last\":%d,\"freed\":%.0f}", field[1], field[2]) : "null"
}
/^gitlab_runner_api_request_statuses_total\{/ && /endpoint="request_job"/ && /status="20[14]"/ && $NF > 0 { polls = 1 }
/^gitlab_runner_jobs\{/ { jobs += $NF }
END {
	if (polls && runner == "starting")
		runner = "polling"
	getline line < "/proc/uptime"
	split(line, up, " ")
	while ((getline line < "/proc/meminfo") > 0) {
		split(line, field, " ")
		memory[field[1]] = field[2] * 1024
	}
	split(disk, fs, " ")
	kernel = seconds("kernel")
	ready = seconds("docker")
	polling = seconds("runner_polling")
	if (polls && polling == "null")
		polling = up[1]
	printf "{\"schema\":1,\"time\":%d,\"uptime\":%s,\"image\":\"%s\",", systime(), up[1], image
	printf "\"runner\":\"%s\",\"jobs\":%d,\"docker\":\"%s\",", runner, jobs, docker
	printf "\"data\":{\"size\":%.0f,\"used\":%.0f,\"inodes\":%.0f,\"inodes_used\":%.0f},",
		fs[1] * fs[2], fs[1] * (fs[2] - fs[3]), fs[4], fs[4] - fs[5]
	printf "\"guard\":%s,", guard()
	printf "\"memory\":{\"total\":%.0f,\"available\":%.0f},", memory["MemTotal:"], memory["MemAvailable:"]
	printf "\"boot\":{\"kernel\":%s,\"userspace_to_docker\":%s,\"docker\":%s,\"runner_polling\":%s}}\n",
		kernel, ready == "null" ? "null" : sprintf("%.2f", ready - kernel), ready, polling
	exit polls ? 10 : 0
}
