#!/bin/bash
# Check alert rules syntax
docker exec aura-prometheus promtool check rules /etc/prometheus/alert_rules.yml

# Verify Alertmanager configuration
curl http://localhost:9093/api/v1/status

# Clean up old metrics data if needed
docker exec aura-prometheus rm -rf /prometheus/data/*
